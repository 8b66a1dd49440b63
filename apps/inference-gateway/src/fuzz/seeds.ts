import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeNpz } from '@medlego/data';
import { dicomFile, explicitLittle, greyElements, pattern, words, type DicomElement } from '@medlego/data/testing';
import { sharedFolder } from '@medlego/testing';
import sharp from 'sharp';

const [rows, columns] = [12, 16];
const colour = pattern(rows * columns * 3);

/** Files that are right, by name: what mutations begin with. Those of the shared folder only where it is there. */
export async function fileSeeds(): Promise<Readonly<Record<string, Uint8Array>>> {
  const raw = sharp(colour, { raw: { width: columns, height: rows, channels: 3 } });
  const window: DicomElement[] = [
    ['00281050', 'DS', '400\\100'],
    ['00281051', 'DS', '800\\200'],
    [
      '00283010',
      'SQ',
      {
        items: [
          [
            ['00283002', 'US', [3, 0, 8]],
            ['00283006', 'OW', words([1, 2, 3])],
          ],
        ],
      },
    ],
  ];
  const grey = words(Array.from({ length: rows * columns * 2 }, (_, i) => (i * 37) % 4096));
  const rle = packed(colour);
  return {
    png: await raw.clone().png().toBuffer(),
    jpeg: await raw.clone().jpeg().toBuffer(),
    webp: await raw.clone().webp().toBuffer(),
    dicom: dicomFile(
      greyElements(rows, columns, grey, { bits: 16, stored: 12, extra: [...window, ['00280008', 'IS', '2']] }),
      explicitLittle,
    ),
    dicomRle: dicomFile(
      greyElements(rows, columns, colour, {
        photometric: 'RGB',
        extra: [
          ['00280002', 'US', 3],
          ['7fe00010', 'OB', { fragments: [rle] }],
        ],
      }),
      '1.2.840.10008.1.2.5',
    ),
    ...(await sharedSeeds()),
  };
}

async function sharedSeeds(): Promise<Record<string, Uint8Array>> {
  const folder = sharedFolder('data');
  if (!folder) return {};
  const names = ['MR_small_jp2klossless', 'MR_small_jpeg_ls_lossless', 'MR_small_RLE', 'SC_rgb_jpeg_gdcm', 'image_dfl'];
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, `dicom/${name}.dcm`))] as const)),
  );
}

/** RLE Lossless of 8-bit colour without any runs. */
function packed(pixels: Uint8Array): Uint8Array {
  const segments = [0, 1, 2].map((channel) => {
    const plane = pixels.filter((_, i) => i % 3 === channel);
    return Buffer.concat(
      Array.from({ length: Math.ceil(plane.length / 128) }, (_, i) => {
        const part = plane.subarray(i * 128, (i + 1) * 128);
        return Buffer.concat([Uint8Array.of(part.length - 1), part]);
      }),
    );
  });
  const header = Buffer.alloc(64);
  header.writeUInt32LE(segments.length);
  segments.reduce((at, segment, i) => {
    header.writeUInt32LE(at, 4 + i * 4);
    return at + segment.length;
  }, 64);
  return Buffer.concat([header, ...segments]);
}

/** A small data set as NumPy keeps it. */
export const npzSeed = (): Uint8Array =>
  Buffer.concat(
    encodeNpz({
      train_images: { descr: '|u1', shape: [4, 6, 6], data: pattern(144) },
      train_labels: { descr: '|u1', shape: [4, 1], data: Uint8Array.of(0, 1, 0, 1) },
    }),
  );
