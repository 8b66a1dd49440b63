import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sharedFolder } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { deflatedLittle, dicomFile, explicitBig, greyElements, words, type DicomElement } from '../testing/dicom-file.ts';
import { decodeImage } from './decode-image.ts';

const shared = sharedFolder('data');
const grey = async (...args: Parameters<typeof greyElements>) => [...(await decodeImage(dicomFile(greyElements(...args)))).data];
const decode = async (elements: DicomElement[], syntax?: string) => decodeImage(dicomFile(elements, syntax), { file: 'a.dcm' });

describe('decodeImage of DICOM', () => {
  it('shows unsigned bytes as they are stored', async () => {
    expect(await decode(greyElements(2, 3, Uint8Array.of(0, 50, 100, 150, 200, 255)))).toEqual({
      data: Uint8Array.of(0, 50, 100, 150, 200, 255),
      height: 2,
      width: 3,
      channels: 1,
    });
  });

  it('inverts MONOCHROME1', async () => {
    expect(await grey(1, 3, Uint8Array.of(0, 50, 255), { photometric: 'MONOCHROME1' })).toEqual([255, 205, 0]);
  });

  it('applies slope and intercept, then the linear window of the standard', async () => {
    // CT: stored 0..4000, HU = stored - 1024, window 40/400: black up to -160, white from 239 on.
    const extra: DicomElement[] = [['00281050', 'DS', '40'], ['00281051', 'DS', '400'], ['00281052', 'DS', '-1024'], ['00281053', 'DS', '1']];
    const stored = [0, 864, 865, 1064, 1262, 1263, 4000];
    expect(await grey(1, 7, words(stored), { bits: 16, stored: 12, extra })).toEqual([0, 0, 1, 128, 254, 255, 255]);
  });

  it('knows the exact and the sigmoid window', async () => {
    const window = (shape: string): DicomElement[] => [['00281050', 'DS', '100'], ['00281051', 'DS', '200'], ['00281056', 'CS', shape]];
    expect(await grey(1, 3, words([0, 100, 200]), { bits: 16, extra: window('LINEAR_EXACT') })).toEqual([0, 128, 255]);
    const sigmoid = (value: number) => Math.round(255 / (1 + Math.exp((-4 * (value - 100)) / 200)));
    expect(await grey(1, 3, words([0, 100, 200]), { bits: 16, extra: window('SIGMOID') })).toEqual([0, 100, 200].map(sigmoid));
  });

  it('stretches 16-bit values without a window over their range, padding left aside', async () => {
    expect(await grey(1, 3, words([1000, 1500, 2000]), { bits: 16 })).toEqual([0, 128, 255]);
    const extra: DicomElement[] = [['00280120', 'US', 0]];
    expect(await grey(1, 4, words([0, 1000, 1500, 2000]), { bits: 16, extra })).toEqual([0, 0, 128, 255]);
    expect(await grey(1, 2, words([7, 7]), { bits: 16 })).toEqual([0, 0]);
  });

  it('extends the sign from BitsStored and drops what lies above', async () => {
    expect(await grey(1, 3, words([-100, 0, 100]), { bits: 16, signed: 1 })).toEqual([0, 128, 255]);
    expect(await grey(1, 3, words([0xf000 | 0xf9c, 0, 0x5000 | 100]), { bits: 16, stored: 12, signed: 1 })).toEqual([0, 128, 255]);
  });

  it('reads big-endian and deflated files alike', async () => {
    const elements = (isBig: boolean) => greyElements(1, 3, words([0, 300, 600], isBig), { bits: 16 });
    expect([...(await decode(elements(true), explicitBig)).data]).toEqual([0, 128, 255]);
    expect([...(await decode(elements(false), deflatedLittle)).data]).toEqual([0, 128, 255]);
  });

  it('reads RGB, by pixel and by plane', async () => {
    const pixels = Uint8Array.of(1, 2, 3, 4, 5, 6);
    const rgb = (planar: number): DicomElement[] => [['00280002', 'US', 3], ['00280006', 'US', planar]];
    expect([...(await decode(greyElements(1, 2, pixels, { photometric: 'RGB', extra: rgb(0) }))).data]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...(await decode(greyElements(1, 2, pixels, { photometric: 'RGB', extra: rgb(1) }))).data]).toEqual([1, 3, 5, 2, 4, 6]);
  });

  it('turns YBR into RGB, also where two pixels share their colour', async () => {
    const full = greyElements(1, 2, Uint8Array.of(76, 85, 255, 128, 128, 128), { photometric: 'YBR_FULL', extra: [['00280002', 'US', 3]] });
    expect([...(await decode(full)).data]).toEqual([254, 0, 0, 128, 128, 128]);
    const half = greyElements(1, 2, Uint8Array.of(128, 100, 128, 128), { photometric: 'YBR_FULL_422', extra: [['00280002', 'US', 3]] });
    expect([...(await decode(half)).data]).toEqual([128, 128, 128, 100, 100, 100]);
  });

  it('looks palette colours up', async () => {
    const table = (values: number[]) => words(values.map((value) => value << 8));
    const extra: DicomElement[] = [
      ...['00281101', '00281102', '00281103'].map((tag): DicomElement => [tag, 'US', [2, 10, 16]]),
      ['00281201', 'OW', table([1, 4])],
      ['00281202', 'OW', table([2, 5])],
      ['00281203', 'OW', table([3, 6])],
    ];
    // The table begins at 10: lower indices take the first colour, higher ones the last.
    const out = await decode(greyElements(1, 4, Uint8Array.of(0, 10, 11, 99), { photometric: 'PALETTE COLOR', extra }));
    expect([...out.data]).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
  });

  it('shows the first of several frames', async () => {
    expect(await grey(1, 2, Uint8Array.of(1, 2, 3, 4), { extra: [['00280008', 'IS', '2']] })).toEqual([1, 2]);
  });

  it('shows the frame that is asked for, and names the frames that there are', async () => {
    const bytes = dicomFile(greyElements(1, 2, Uint8Array.of(1, 2, 3, 4), { extra: [['00280008', 'IS', '2']] }));
    expect([...(await decodeImage(bytes, { frame: 1 })).data]).toEqual([3, 4]);
    for (const frame of [2, -1, 0.5])
      await expect(decodeImage(bytes, { frame })).rejects.toMatchObject({ facts: { expected: 'a frame from 0 to 1', actual: `frame ${frame}` } });
    const wide = dicomFile(greyElements(1, 2, words([0, 0, 100, 300]), { bits: 16, extra: [['00280008', 'IS', '2']] }));
    expect([...(await decodeImage(wide, { frame: 1 })).data]).toEqual([0, 255]);
  });

  it('uses the window that is asked for, and refuses one that the file does not have', async () => {
    const extra: DicomElement[] = [['00281050', 'DS', '100\\50'], ['00281051', 'DS', '200\\100'], ['00281056', 'CS', 'LINEAR_EXACT']];
    const bytes = dicomFile(greyElements(1, 3, words([0, 50, 200]), { bits: 16, extra }));
    expect([...(await decodeImage(bytes)).data]).toEqual([0, 64, 255]);
    expect([...(await decodeImage(bytes, { window: 1 })).data]).toEqual([0, 128, 255]);
    await expect(decodeImage(bytes, { window: 2 })).rejects.toMatchObject({ facts: { actual: 'window 2' } });
  });

  it('names the transfer syntax of pixels that it cannot read', async () => {
    await expect(decode(greyElements(1, 2, Uint8Array.of(1, 2)), '1.2.840.10008.1.2.4.102')).rejects.toMatchObject({
      code: 'unsupported_transfer_syntax',
      facts: { file: 'a.dcm', uid: '1.2.840.10008.1.2.4.102', name: 'MPEG-4 AVC' },
    });
  });

  const table = (first: number, bits: number, values: readonly number[], vr = 'US'): DicomElement[] => [
    ['00283002', vr, [values.length, first, bits]],
    ['00283006', 'OW', words(values)],
  ];

  it('looks stored values up in a modality table', async () => {
    const extra: DicomElement[] = [
      ['00281050', 'DS', '100'],
      ['00281051', 'DS', '200'],
      ['00281056', 'CS', 'LINEAR_EXACT'],
      ['00283000', 'SQ', { items: [table(10, 16, [0, 100, 200])] }],
    ];
    // Below the first entry the first, above the last the last.
    expect(await grey(1, 5, words([0, 10, 11, 12, 99]), { bits: 16, extra })).toEqual([0, 0, 128, 255, 255]);
  });

  it('uses a VOI table where there is no window, and behind the windows otherwise', async () => {
    const tables: DicomElement = ['00283010', 'SQ', { items: [table(0, 12, [0, 4095, 2048]), table(0, 8, [9, 8, 7])] }];
    expect(await grey(1, 3, words([0, 1, 2]), { bits: 16, extra: [tables] })).toEqual([0, 255, 128]);
    const window: DicomElement[] = [['00281050', 'DS', '1'], ['00281051', 'DS', '2'], ['00281056', 'CS', 'LINEAR_EXACT']];
    const bytes = dicomFile(greyElements(1, 3, words([0, 1, 2]), { bits: 16, extra: [...window, tables] }));
    expect([...(await decodeImage(bytes)).data]).toEqual([0, 128, 255]);
    expect([...(await decodeImage(bytes, { window: 2 })).data]).toEqual([9, 8, 7]);
    await expect(decodeImage(bytes, { window: 3 })).rejects.toMatchObject({ facts: { expected: "one of the file's 3 windows, counted from 0" } });
  });

  it('reads a VOI table over negative values', async () => {
    const extra: DicomElement[] = [['00283010', 'SQ', { items: [table(-1 & 0xffff, 8, [10, 20, 30], 'SS')] }]];
    expect(await grey(1, 3, words([-1, 0, 1]), { bits: 16, signed: 1, extra })).toEqual([10, 20, 30]);
  });

  it('takes rescale and window of an enhanced file from the group of the frame', async () => {
    const group = (slope: string, center: string): DicomElement[] => [
      ['00289132', 'SQ', { items: [[['00281050', 'DS', center], ['00281051', 'DS', '200'], ['00281056', 'CS', 'LINEAR_EXACT']]] }],
      ['00289145', 'SQ', { items: [[['00281052', 'DS', '0'], ['00281053', 'DS', slope]]] }],
    ];
    const extra: DicomElement[] = [['00280008', 'IS', '2'], ['52009230', 'SQ', { items: [group('1', '100'), group('2', '200')] }]];
    const bytes = dicomFile(greyElements(1, 2, words([100, 200, 100, 150]), { bits: 16, extra }));
    expect([...(await decodeImage(bytes)).data]).toEqual([128, 255]);
    expect([...(await decodeImage(bytes, { frame: 1 })).data]).toEqual([128, 255]);
  });

  it.each([
    ['too few pixel bytes', greyElements(9, 9, Uint8Array.of(1, 2)), /81 bytes of PixelData, got 2 bytes/],
    ['no pixels', greyElements(1, 2, Uint8Array.of(1, 2)).filter(([tag]) => tag !== '7fe00010'), /PixelData, got none/],
    ['no size', greyElements(1, 2, Uint8Array.of(1, 2)).filter(([tag]) => tag !== '00280010'), /Rows/],
    ['size 0', greyElements(0, 2, Uint8Array.of(1, 2)), /above 0/],
    ['1-bit pixels', greyElements(1, 2, Uint8Array.of(1, 2), { extra: [['00280100', 'US', 1]] }), /BitsAllocated 8 or 16, got 1/],
    ['more bits than there are', greyElements(1, 2, Uint8Array.of(1, 2), { stored: 12 }), /BitsStored/],
    ['an unknown photometric interpretation', greyElements(1, 2, Uint8Array.of(1, 2), { photometric: 'CMYK' }), /CMYK/],
    ['a palette without tables', greyElements(1, 2, Uint8Array.of(1, 2), { photometric: 'PALETTE COLOR' }), /palette/],
  ])('refuses %s', async (_, elements, message) => {
    const error = await decode(elements).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'image_decode', facts: { file: 'a.dcm' } });
    expect((error as Error).message).toMatch(message);
  });

  it('refuses a file that is cut off in its header, and one beyond the pixel limit', async () => {
    const whole = dicomFile(greyElements(2, 2, Uint8Array.of(1, 2, 3, 4)));
    await expect(decodeImage(whole.subarray(0, 150))).rejects.toMatchObject({ code: 'image_decode' });
    await expect(decodeImage(whole, { maxPixels: 3 })).rejects.toMatchObject({ code: 'image_decode', facts: { actual: '2 x 2' } });
  });

  it.skipIf(!shared).each([
    ['CT_small.dcm', 128, 128, 1],
    ['MR_small_implicit.dcm', 64, 64, 1],
    ['MR_small_bigendian.dcm', 64, 64, 1],
    ['image_dfl.dcm', 512, 512, 1],
    ['examples_palette.dcm', 800, 350, 3],
  ] as const)('opens the real file %s', async (name, width, height, channels) => {
    const raster = await decodeImage(await readFile(join(shared!, 'dicom', name)));
    expect(raster).toMatchObject({ width, height, channels });
    expect(new Set(raster.data).size).toBeGreaterThan(10);
  });

  it.skipIf(!shared)('gives the same picture for both byte orders of a real file', async () => {
    const [little, big] = await Promise.all(['MR_small_implicit.dcm', 'MR_small_bigendian.dcm'].map(async (name) => decodeImage(await readFile(join(shared!, 'dicom', name)))));
    expect(big!.data).toEqual(little!.data);
  });
});
