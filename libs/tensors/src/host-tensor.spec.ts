import { describe, expect, it } from 'vitest';
import { asFloat32, assertFinite, assertShape, float32, hostTensor, sizeOf } from './host-tensor.ts';

describe('a host tensor', () => {
  it('has as many elements as its shape says, one if that is empty', () => {
    expect(sizeOf([2, 3])).toBe(6);
    expect(sizeOf([])).toBe(1);
    expect(sizeOf([2, 0])).toBe(0);
    expect(() => hostTensor('int32', [2], new Int32Array(3))).toThrow(
      'int32 tensor data: expected shape [2], got [3].',
    );
  });

  it('keeps a Float32Array and copies any other list', () => {
    const data = new Float32Array(2);
    expect(float32([2], data).data).toBe(data);
    expect(float32([2], [1, 2]).data).toEqual(Float32Array.of(1, 2));
  });

  it('is float32, of a shape and finite where that is asked for', () => {
    const tensor = float32([2], [1, NaN]);
    expect(asFloat32('x', tensor)).toBe(tensor);
    expect(() => asFloat32('x', hostTensor('uint8', [1], new Uint8Array(1)))).toThrow(
      'x.dtype: expected float32, got uint8.',
    );
    expect(() => assertShape('x', [2], tensor.shape)).not.toThrow();
    expect(() => assertShape('x', [2, 1], tensor.shape)).toThrow('x: expected shape [2, 1], got [2].');
    expect(() => assertFinite('x', tensor)).toThrow('x: expected finite numbers, got NaN at index 1.');
    expect(() => assertFinite('x', hostTensor('int64', [1], new BigInt64Array(1)))).not.toThrow();
  });
});
