import type { DType } from './host-tensor.ts';

/** Name on disk of each dtype in memory. */
export const safetensorsDTypes = {
  float32: 'F32',
  float64: 'F64',
  int32: 'I32',
  int64: 'I64',
  uint8: 'U8',
  bool: 'BOOL',
} as const satisfies Record<DType, string>;

/** What can be read: bytes per element on disk, and the dtype in memory. */
export const readableDTypes = {
  F64: { bytes: 8, dtype: 'float64' },
  F32: { bytes: 4, dtype: 'float32' },
  F16: { bytes: 2, dtype: 'float32' },
  BF16: { bytes: 2, dtype: 'float32' },
  I64: { bytes: 8, dtype: 'int64' },
  I32: { bytes: 4, dtype: 'int32' },
  U8: { bytes: 1, dtype: 'uint8' },
  BOOL: { bytes: 1, dtype: 'bool' },
} as const satisfies Record<string, { bytes: number; dtype: DType }>;

export type DiskDType = keyof typeof readableDTypes;

export const isDiskDType = (name: unknown): name is DiskDType =>
  typeof name === 'string' && Object.hasOwn(readableDTypes, name);
