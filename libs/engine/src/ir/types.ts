/** Element types of graph values. ONNX names of the types that tfjs functions and our constants need. */
export type DataType = 'float32' | 'float64' | 'int32' | 'int64' | 'uint8' | 'bool';

export interface DataArrays {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

/** What is known about a value of the graph before it runs; every dimension is a number. */
export interface ValueInfo {
  readonly dtype: DataType;
  readonly shape: readonly number[];
}

/** A constant of the graph. `data` is borrowed, row-major, and is never written to. */
export interface Initializer<D extends DataType = DataType> extends ValueInfo {
  readonly dtype: D;
  readonly data: DataArrays[D];
}

/** ONNX attributes carry their type, since 1 may be an int or a float. */
export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] };

export type Attributes = Readonly<Record<string, Attribute>>;

/** '' is ai.onnx; `com.microsoft` holds ONNX Runtime's own operators. */
export type Domain = '' | 'com.microsoft';

/** One operator. Change it only through Graph, which keeps the indices of producers and consumers. */
export interface Node {
  readonly op: string;
  readonly domain: Domain;
  /** Value names; '' marks an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

export const int = (value: number): Attribute => ({ kind: 'int', value });
export const float = (value: number): Attribute => ({ kind: 'float', value });
export const text = (value: string): Attribute => ({ kind: 'string', value });
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value });
export const floats = (value: readonly number[]): Attribute => ({ kind: 'floats', value });
