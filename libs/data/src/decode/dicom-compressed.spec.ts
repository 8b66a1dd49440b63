import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sharedFolder } from '@medlego/testing';
import codecs from 'dcmjs-codecs';
import dicomParser from 'dicom-parser';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { dicomFile, greyElements, words, type DicomElement } from '../testing/dicom-file.ts';
import { pattern } from '../testing/npz-file.ts';
import { decodeImage } from './decode-image.ts';

const { Context, NativeCodecs } = codecs;
const folder = sharedFolder('data');
if (!folder) console.warn('SKIPPED: real DICOM files of nine transfer syntaxes. There is no folder ../shared/data/dicom.');

const [rows, columns] = [12, 16];
const colour = pattern(rows * columns * 3);
const grey = words(Array.from({ length: rows * columns }, (_, i) => (i * 37) % 4096));
const syntax = {
  rle: '1.2.840.10008.1.2.5',
  jpegLossless: '1.2.840.10008.1.2.4.70',
  jpegLs: '1.2.840.10008.1.2.4.80',
  jpeg2000: '1.2.840.10008.1.2.4.90',
  htJpeg2000: '1.2.840.10008.1.2.4.201',
};

type Encoder = 'encodeRle' | 'encodeJpeg' | 'encodeJpegLs' | 'encodeJpeg2000' | 'encodeHtJpeg2000';

/** A frame through the encoder of the library: colour of 8 bits, or grey of 12. */
function encoded(encoder: Encoder, of: 'colour' | 'grey', parameters: Record<string, unknown> = {}): Uint8Array {
  const context = new Context({
    width: columns,
    height: rows,
    bitsAllocated: of === 'grey' ? 16 : 8,
    bitsStored: of === 'grey' ? 12 : 8,
    samplesPerPixel: of === 'grey' ? 1 : 3,
    pixelRepresentation: 0,
    planarConfiguration: 0,
    photometricInterpretation: of === 'grey' ? 'MONOCHROME2' : 'RGB',
    decodedBuffer: of === 'grey' ? grey : colour,
  });
  return NativeCodecs[encoder](context, { lossy: false, ...parameters }).getEncodedBuffer()!;
}

const colourFile = (frame: Uint8Array, uid: string, photometric = 'RGB', extra: DicomElement[] = []) =>
  dicomFile(
    greyElements(rows, columns, colour, {
      photometric,
      extra: [['00280002', 'US', 3], ['00280006', 'US', 0], ['7fe00010', 'OB', { fragments: [frame] }], ...extra],
    }),
    uid,
  );

const greyFile = (fragments: readonly Uint8Array[], uid: string, extra: DicomElement[] = [], offsets: number[] = []) =>
  dicomFile(
    greyElements(rows, columns, grey, {
      bits: 16,
      stored: 12,
      extra: [['7fe00010', 'OB', { fragments, offsets }], ...extra],
    }),
    uid,
  );

const data = async (bytes: Uint8Array, options = {}) => (await decodeImage(bytes, { file: 'a.dcm', ...options })).data;

beforeAll(() => NativeCodecs.initializeAsync());

describe('compressed DICOM', () => {
  it.each([
    ['RLE', 'encodeRle', syntax.rle, 'RGB'],
    ['lossless JPEG', 'encodeJpeg', syntax.jpegLossless, 'RGB'],
    ['JPEG-LS', 'encodeJpegLs', syntax.jpegLs, 'RGB'],
    ['JPEG 2000 with its colour transform', 'encodeJpeg2000', syntax.jpeg2000, 'YBR_RCT'],
    ['high-throughput JPEG 2000', 'encodeHtJpeg2000', syntax.htJpeg2000, 'YBR_RCT'],
  ] as const)('gives the very colours that went into %s', async (_, encoder, uid, photometric) => {
    const frame = encoded(encoder, 'colour', { predictor: 1 });
    expect(await data(colourFile(frame, uid, photometric))).toEqual(colour);
  });

  it.each([
    ['RLE', 'encodeRle', syntax.rle],
    ['lossless JPEG', 'encodeJpeg', syntax.jpegLossless],
    ['JPEG-LS', 'encodeJpegLs', syntax.jpegLs],
    ['JPEG 2000', 'encodeJpeg2000', syntax.jpeg2000],
    ['high-throughput JPEG 2000', 'encodeHtJpeg2000', syntax.htJpeg2000],
  ] as const)('shows 12 bits of grey out of %s as it shows them uncompressed', async (_, encoder, uid) => {
    const plain = await data(dicomFile(greyElements(rows, columns, grey, { bits: 16, stored: 12 })));
    expect(await data(greyFile([encoded(encoder, 'grey', { predictor: 1 })], uid))).toEqual(plain);
  });

  it('turns YBR_FULL into RGB, by plane where RLE keeps it so', async () => {
    const ybr = colourFile(encoded('encodeRle', 'colour'), syntax.rle, 'YBR_FULL');
    const plain = dicomFile(greyElements(rows, columns, colour, { photometric: 'YBR_FULL', extra: [['00280002', 'US', 3]] }));
    expect(await data(ybr)).toEqual(await data(plain));
    expect(await data(colourFile(encoded('encodeJpegLs', 'colour'), syntax.jpegLs, 'YBR_FULL'))).toEqual(await data(plain));
  });

  it('finds a frame by the offset table, by fragments, and by where codestreams begin', async () => {
    const first = encoded('encodeJpegLs', 'grey');
    const inverse = words(Array.from({ length: rows * columns }, (_, i) => 4095 - ((i * 37) % 4096)));
    const context = new Context({
      width: columns,
      height: rows,
      bitsAllocated: 16,
      bitsStored: 12,
      samplesPerPixel: 1,
      pixelRepresentation: 0,
      planarConfiguration: 0,
      photometricInterpretation: 'MONOCHROME2',
      decodedBuffer: inverse,
    });
    const second = NativeCodecs.encodeJpegLs(context, { lossy: false }).getEncodedBuffer()!;
    const half = (first.length >> 2) * 2;
    const split = [first.subarray(0, half), first.subarray(half), second];
    const two: DicomElement[] = [['00280008', 'IS', '2']];
    const wanted = await data(dicomFile(greyElements(rows, columns, inverse, { bits: 16, stored: 12 })));
    const even = (length: number) => length + (length % 2);
    const place = 8 + half + 8 + even(first.length - half);
    for (const bytes of [
      greyFile([first, second], syntax.jpegLs, two),
      greyFile(split, syntax.jpegLs, two),
      greyFile(split, syntax.jpegLs, two, [0, place]),
    ])
      expect(await data(bytes, { frame: 1 })).toEqual(wanted);
    await expect(data(greyFile([first.subarray(0, half), first.subarray(half)], syntax.jpegLs, [['00280008', 'IS', '3']]))).rejects.toMatchObject({
      facts: { expected: 'an offset table, or a fragment for each of 3 frames' },
    });
  });

  it('refuses a codestream of another size than the file says, before it decodes it', async () => {
    for (const [encoder, uid] of [['encodeJpegLs', syntax.jpegLs], ['encodeJpeg2000', syntax.jpeg2000]] as const) {
      const taller = greyFile([encoded(encoder, 'grey')], uid, [['00280010', 'US', 9]]);
      await expect(data(taller)).rejects.toMatchObject({
        code: 'image_decode',
        facts: { file: 'a.dcm', actual: expect.stringContaining('16 x 12 pixels') as string },
      });
    }
  });

  it('refuses what breaks within the frame, and goes on with the next', async () => {
    const whole = encoded('encodeJpeg2000', 'grey');
    const broken = [
      greyFile([whole.subarray(0, 60)], syntax.jpeg2000),
      greyFile([whole.subarray(0, 8)], syntax.jpeg2000),
      greyFile([encoded('encodeJpegLs', 'grey').subarray(0, 40)], syntax.jpegLs),
      greyFile([encoded('encodeRle', 'grey').subarray(0, 90)], syntax.rle),
      greyFile([new Uint8Array(10)], syntax.rle),
      dicomFile(greyElements(rows, columns, grey, { bits: 16, stored: 12 }), syntax.jpeg2000),
    ];
    for (const bytes of broken)
      await expect(data(bytes)).rejects.toMatchObject({ code: 'image_decode', facts: { file: 'a.dcm' } });
    expect(await data(greyFile([whole], syntax.jpeg2000))).toHaveLength(rows * columns);
  });
});

describe.skipIf(!folder)('real files', () => {
  const read = (name: string) => readFile(join(folder!, 'dicom', `${name}.dcm`));
  const open = async (name: string, options = {}) => decodeImage(await read(name), options);
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

  it.each(['MR_small_RLE', 'MR_small_jp2klossless', 'MR_small_jpeg_ls_lossless'])(
    'shows %s as the uncompressed file of the same scan',
    async (name) => expect(await open(name)).toEqual(await open('MR_small_implicit')),
  );

  it('reads lossless JPEG to the byte', async () => {
    // Of the pixels as pydicom 3.0.2 with pylibjpeg 2.1.0 gives them.
    const { data: pixels } = await open('SC_rgb_jpeg_gdcm');
    expect(digest(pixels)).toMatch(/^169e619557b12114/);
  });

  it('reads baseline JPEG as another decoder does, and inverts MONOCHROME1', async () => {
    const chest = await open('cr_chest_jpeg_baseline');
    const wanted = await sharp(frameOf(await read('cr_chest_jpeg_baseline'), 0)).toColourspace('b-w').raw().toBuffer();
    chest.data.forEach((value, i) => {
      if (Math.abs(value - wanted[i]!) > 1) expect(value, `pixel ${i}`).toBe(wanted[i]);
    });
    const { data: inverse } = await open('cr_chest_monochrome1');
    expect(inverse).toEqual(chest.data.map((value) => 255 - value));
  });

  it('chooses a frame of a colour loop', async () => {
    const bytes = await read('examples_ybr_color');
    const wanted = await sharp(frameOf(bytes, 7)).raw().toBuffer();
    const { data: pixels } = await decodeImage(bytes, { frame: 7 });
    expect(pixels).toHaveLength(wanted.length);
    const apart = pixels.reduce((sum, value, i) => sum + Math.abs(value - wanted[i]!), 0) / wanted.length;
    expect(apart).toBeLessThan(1);
    expect(digest((await decodeImage(bytes)).data)).not.toBe(digest(pixels));
    await expect(decodeImage(bytes, { frame: 30 })).rejects.toMatchObject({ facts: { expected: 'a frame from 0 to 29' } });
  });

  /** One fragment a frame, in these files. */
  function frameOf(bytes: Uint8Array, frame: number): Uint8Array {
    const dataSet = dicomParser.parseDicom(bytes);
    const { position, length } = dataSet.elements['x7fe00010']!.fragments![frame]!;
    return bytes.subarray(position, position + length);
  }
});
