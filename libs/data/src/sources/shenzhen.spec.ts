import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { pngFile } from '../testing/png-file.ts';
import { openShenzhen } from './shenzhen.ts';

/** Ten pictures of each class with the published names, in `folder`. */
async function fill(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let number = 1; number <= 20; number++) {
    const name = `CHNCXR_${String(number).padStart(4, '0')}_${Number(number > 10)}.png`;
    await pngFile(join(folder, name), number > 10 ? 200 : 100, { mark: number });
  }
}

describe('the Shenzhen set', () => {
  it('takes the label from the last digit of the name and passes other files over', async () => {
    const folder = temporaryFolder();
    await fill(folder);
    await writeFile(join(folder, 'NLM-ChinaCXRSet-ReadMe.txt'), 'about');
    const { task, splits } = await openShenzhen(folder);
    expect(task).toMatchObject({ name: 'shenzhen', kind: 'binary-class', labels: ['normal', 'tuberculosis'] });
    expect([splits.train.count, splits.val.count, splits.test.count]).toEqual([14, 2, 4]);
    for (const { labels, images, height, width, channels } of Object.values(splits))
      labels.forEach((label, row) => expect(images[row * height * width * channels + 1]).toBe(label === 1 ? 200 : 100));
  });

  it('finds the folder of images in the folder of the download, with the same digest', async () => {
    const [flat, download] = [temporaryFolder(), temporaryFolder()];
    await fill(flat);
    await fill(join(download, 'CXR_png'));
    expect((await openShenzhen(download)).digest).toBe((await openShenzhen(flat)).digest);
  });

  it('says which names it wants where there are none', async () => {
    await expect(openShenzhen(temporaryFolder())).rejects.toMatchObject({
      code: 'invalid_value',
      facts: { expected: expect.stringContaining('CHNCXR_nnnn_0.png') },
    });
  });
});
