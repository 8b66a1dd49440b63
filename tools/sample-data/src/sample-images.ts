import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { requireSplit, type Dataset } from '@medlego/data';
import { writeFileAtomic } from '@medlego/tensors';
import sharp from 'sharp';

/**
 * Writes the first test image of the first and of the last label as PNG, `<label>-test<row>.png`, for examples of `predict`.
 *
 * @param folder emptied first
 * @returns the file names
 */
export async function writeSampleImages(dataset: Dataset, folder: string): Promise<string[]> {
  const { images, height, width, channels, labels } = requireSplit(dataset, 'test');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const pixels = height * width * channels;
  const names: string[] = [];
  for (const label of [0, dataset.task.labels.length - 1]) {
    const row = labels.indexOf(label);
    if (row < 0) continue;
    const png = await sharp(images.subarray(row * pixels, (row + 1) * pixels), { raw: { width, height, channels } })
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .png({ compressionLevel: 9 })
      .toBuffer();
    const name = `${slug(dataset.task.labels[label]!)}-test${row}.png`;
    await writeFileAtomic(join(folder, name), png, { what: 'sample image' });
    names.push(name);
  }
  return names;
}

const slug = (label: string) =>
  label
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
