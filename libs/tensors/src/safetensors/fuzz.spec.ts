import fc from 'fast-check';
import { AppError, FileFormatError } from '@medlego/errors';
import { describe, expect, it } from 'vitest';
import { digestTensors } from '../digest.ts';
import { hostTensor, sizeOf, type HostTensor, type NamedTensors } from '../host-tensor.ts';
import { parseSafetensors } from './read.ts';
import { encodeSafetensors } from './write.ts';

const shape = fc.array(fc.nat({ max: 4 }), { maxLength: 3 });
const tensor: fc.Arbitrary<HostTensor> = shape.chain((dims) => {
  const elements = sizeOf(dims);
  const list = <T>(item: fc.Arbitrary<T>) => fc.array(item, { minLength: elements, maxLength: elements });
  return fc.oneof(
    list(fc.float()).map((data): HostTensor => hostTensor('float32', dims, Float32Array.from(data))),
    list(fc.double()).map((data): HostTensor => hostTensor('float64', dims, Float64Array.from(data))),
    list(fc.integer()).map((data): HostTensor => hostTensor('int32', dims, Int32Array.from(data))),
    list(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })).map((data): HostTensor =>
      hostTensor('int64', dims, BigInt64Array.from(data)),
    ),
    list(fc.nat({ max: 255 })).map((data): HostTensor => hostTensor('uint8', dims, Uint8Array.from(data))),
    list(fc.nat({ max: 1 })).map((data): HostTensor => hostTensor('bool', dims, Uint8Array.from(data))),
  );
});
const name = fc.string({ unit: 'binary', maxLength: 12 }).filter((text) => text !== '__metadata__');
const namedTensors: fc.Arbitrary<NamedTensors> = fc
  .uniqueArray(fc.tuple(name, tensor), { maxLength: 5, selector: ([key]) => key })
  .map((pairs) => Object.fromEntries(pairs));
const metadata = fc.dictionary(fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 }), { maxKeys: 3 });

type Mutation = (bytes: Uint8Array) => Uint8Array;
const at = (bytes: Uint8Array, position: number) => Math.floor(position * bytes.length);
const position = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(position, fc.nat({ max: 255 })).map(
    ([where, value]): Mutation =>
      (bytes) =>
        bytes.length ? bytes.with(at(bytes, where), value) : bytes,
  ),
  position.map(
    (where): Mutation =>
      (bytes) =>
        bytes.slice(0, at(bytes, where)),
  ),
  fc.tuple(position, fc.uint8Array({ maxLength: 16 })).map(
    ([where, extra]): Mutation =>
      (bytes) =>
        Uint8Array.of(...bytes.subarray(0, at(bytes, where)), ...extra, ...bytes.subarray(at(bytes, where))),
  ),
  // Digits and punctuation of the header: these get past the JSON parser.
  fc.tuple(position, fc.constantFrom(...'0123456789-.eE,:[]{}" ')).map(
    ([where, char]): Mutation =>
      (bytes) =>
        bytes.length > 16 ? bytes.with(8 + Math.floor(where * (bytes.length - 8)), char.charCodeAt(0)) : bytes,
  ),
);

describe('safetensors, with random input,', () => {
  it('gives back what was written', () => {
    fc.assert(
      fc.property(namedTensors, metadata, (tensors, notes) => {
        const read = parseSafetensors(encodeSafetensors(tensors, notes), 'file');
        expect(read.tensors).toEqual(tensors);
        expect(read.metadata).toEqual({ ...notes });
        expect(digestTensors(read.tensors)).toBe(digestTensors(tensors));
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it('reads a damaged file as a valid one or refuses it with a typed error, and allocates no more than the file is large', () => {
    fc.assert(
      fc.property(
        namedTensors,
        metadata,
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        (tensors, notes, mutations) => {
          const bytes = mutations.reduce((damaged, mutate) => mutate(damaged), encodeSafetensors(tensors, notes));
          let read;
          try {
            read = parseSafetensors(bytes, 'file').tensors;
          } catch (error) {
            expect(error).toBeInstanceOf(AppError);
            expect((error as Error).message.length).toBeLessThan(1000);
            return;
          }
          let held = 0;
          for (const { shape: dims, data } of Object.values(read)) {
            expect(sizeOf(dims)).toBe(data.length);
            held += data.byteLength;
          }
          expect(held).toBeLessThanOrEqual(2 * bytes.length); // F16 and BF16 double
        },
      ),
      { numRuns: 5000, seed: 2 },
    );
  });

  it('refuses random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(() => parseSafetensors(bytes, 'file')).toThrow(FileFormatError);
      }),
      { numRuns: 1000, seed: 3 },
    );
  });
});
