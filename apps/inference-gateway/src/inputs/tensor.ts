/** A tensor as the Open Inference Protocol knows it, however it came. */
export interface WireTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: WireData;
}

/** Numbers row-major, or BYTES elements. */
export type WireData = ArrayLike<number> | readonly Uint8Array[];

export interface InputLimits {
  readonly maxRows: number;
  /** Of one image, before it is decoded. */
  readonly maxPixels: number;
}

export const defaultInputLimits: InputLimits = { maxRows: 128, maxPixels: 64e6 };
