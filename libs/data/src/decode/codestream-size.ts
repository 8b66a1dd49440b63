import { type FrameCodec } from './dicom-syntaxes.ts';

/** What a compressed frame says about itself. */
export interface CodestreamSize {
  readonly columns: number;
  readonly rows: number;
  readonly samplesPerPixel: number;
  /** Bits of a sample. */
  readonly precision: number;
}

/** The size in the frame's own header, which a codec would allocate memory by; undefined where there is none. */
export function codestreamSize(codec: FrameCodec, frame: Uint8Array): CodestreamSize | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  try {
    return codec === 'jpeg' || codec === 'jpeg-ls' ? frameHeader(view) : sizeMarker(view);
  } catch (error) {
    if (error instanceof RangeError) return undefined; // it ends before its size
    throw error;
  }
}

/** SOF0 to SOF15 and JPEG-LS's SOF55. Source: ITU-T T.81, B.2.2; T.87, C.2.2. */
function frameHeader(view: DataView): CodestreamSize | undefined {
  if (view.getUint16(0) !== 0xffd8) return undefined;
  for (let at = 2; ;) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at++; // fill byte
      continue;
    }
    const isFrame = (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) || marker === 0xf7;
    if (isFrame)
      return {
        precision: view.getUint8(at + 4),
        rows: view.getUint16(at + 5),
        columns: view.getUint16(at + 7),
        samplesPerPixel: view.getUint8(at + 9),
      };
    if (marker === 0xda || marker === 0xd9) return undefined; // data, or the end, before any size
    at += 2 + view.getUint16(at + 2);
  }
}

/** SIZ, right behind SOC. Source: ITU-T T.800, A.5.1. */
function sizeMarker(view: DataView): CodestreamSize | undefined {
  if (view.getUint32(0) !== 0xff4fff51) return undefined;
  const [right, bottom, left, top] = [8, 12, 16, 20].map((at) => view.getUint32(at)) as [
    number,
    number,
    number,
    number,
  ];
  return {
    columns: right - left,
    rows: bottom - top,
    samplesPerPixel: view.getUint16(40),
    precision: (view.getUint8(42) & 0x7f) + 1,
  };
}
