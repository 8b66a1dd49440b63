import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import sharp from 'sharp';

/** The bytes of a PNG of given raw pixels. */
export const png = (data: Uint8Array, width: number, height: number, channels: 1 | 3 | 4 = 1): Promise<Buffer> =>
  sharp(data, { raw: { width, height, channels } })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .png()
    .toBuffer();

/** Writes a grey PNG filled with `value`, with a mark that makes every (value, mark) another picture. */
export async function pngFile(path: string, value: number, { size = 6, mark = 0, colour = false } = {}): Promise<void> {
  const channels = colour ? 3 : 1;
  const data = new Uint8Array(size * size * channels).fill(value);
  data[0] = mark;
  if (colour) data[1] = 255 - mark;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, await png(data, size, size, channels));
}
