import { type FrameCodec } from '../dicom-syntaxes.ts';

/** A compressed frame and what the file says about it. */
export interface CompressedFrame {
  readonly codec: FrameCodec;
  readonly bytes: Uint8Array;
  readonly columns: number;
  readonly rows: number;
  readonly samplesPerPixel: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly isSigned: boolean;
  readonly photometric: string;
}

/** Its samples, little-endian, and what the codec made of the colours. */
export interface DecompressedFrame {
  readonly bytes: Uint8Array;
  readonly bitsAllocated: number;
  readonly samplesPerPixel: number;
  readonly isPlanar: boolean;
  readonly photometric: string;
}

export type CodecReply =
  { readonly ok: true; readonly frame: DecompressedFrame } | { readonly ok: false; readonly reason: string };
