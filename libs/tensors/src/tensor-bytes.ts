import { readableDTypes, type DiskDType } from './dtype.ts';
import type { HostTensor } from './host-tensor.ts';
import { widenBfloat16, widenFloat16 } from './half.ts';

/** The tensor's own bytes, not a copy. Little-endian, as is every platform that the engines run on. */
export const bytesOf = ({ data }: Pick<HostTensor, 'data'>): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/**
 * A tensor over bytes of a file. A view where the alignment allows and the dtype exists in memory, else a copy;
 * `bytes` must hold whole elements.
 */
export function tensorFromBytes(diskDType: DiskDType, shape: readonly number[], bytes: Uint8Array): HostTensor {
  const { dtype, bytes: size } = readableDTypes[diskDType];
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const length = byteLength / size;
  switch (diskDType) {
    case 'F64':
      return { dtype, shape, data: new Float64Array(buffer, byteOffset, length) };
    case 'F32':
      return { dtype, shape, data: new Float32Array(buffer, byteOffset, length) };
    case 'F16':
      return { dtype, shape, data: widenFloat16(new Uint16Array(buffer, byteOffset, length)) };
    case 'BF16':
      return { dtype, shape, data: widenBfloat16(new Uint16Array(buffer, byteOffset, length)) };
    case 'I64':
      return { dtype, shape, data: new BigInt64Array(buffer, byteOffset, length) };
    case 'I32':
      return { dtype, shape, data: new Int32Array(buffer, byteOffset, length) };
    case 'U8':
    case 'BOOL':
      return { dtype, shape, data: new Uint8Array(buffer, byteOffset, length) };
  }
}
