import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FileFormatError, UnsafeFormatError } from '@medlego/errors';
import { temporaryFolder } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { digestTensors } from '../digest.ts';
import { float32, hostTensor, type NamedTensors } from '../host-tensor.ts';
import { parseSafetensors, readSafetensors, readSafetensorsHeader } from './read.ts';
import { encodeSafetensors, writeSafetensors } from './write.ts';

const everyDType: NamedTensors = {
  'a.float64': hostTensor('float64', [2], Float64Array.of(Math.PI, -0)),
  'b.float32': float32([2, 2], [1, -2.5, Infinity, 2 ** -140]),
  'c.int32': hostTensor('int32', [3], Int32Array.of(-1, 0, 2 ** 31 - 1)),
  'd.int64': hostTensor('int64', [], BigInt64Array.of(-(2n ** 63n))),
  'e.uint8': hostTensor('uint8', [3, 1], Uint8Array.of(0, 1, 255)),
  'f.bool': hostTensor('bool', [2], Uint8Array.of(1, 0)),
  'g.empty': float32([4, 0], []),
  '0': float32([1], [7]),
};

/** A file from a header written by hand. */
function fileOf(header: string | object, data: Uint8Array | number[] = []): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}
const entry = (dtype: string, shape: number[], begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('safetensors', () => {
  it('gives back tensors of every dtype, and the metadata', () => {
    const bytes = encodeSafetensors(everyDType, { format: 'pt', note: 'ü "quoted"' });
    const { tensors, metadata } = parseSafetensors(bytes, 'all.safetensors');
    expect(tensors).toEqual(everyDType);
    expect(metadata).toEqual({ format: 'pt', note: 'ü "quoted"' });
  });

  it('writes the same bytes whatever the order in which tensors and metadata were named', () => {
    const reversed = Object.fromEntries(Object.entries(everyDType).reverse());
    expect(encodeSafetensors(reversed, { b: '1', a: '2' })).toEqual(encodeSafetensors(everyDType, { a: '2', b: '1' }));
  });

  it('aligns the data and every tensor, so that reading makes views and not copies', () => {
    const bytes = encodeSafetensors(everyDType);
    expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
    const { tensors } = parseSafetensors(bytes, 'all.safetensors');
    for (const { data } of Object.values(tensors)) expect(data.buffer).toBe(bytes.buffer);
  });

  it('reads tensors that lie at odd offsets', () => {
    const data = new Uint8Array([9, ...new Uint8Array(Float32Array.of(1.5, -3).buffer)]);
    const { tensors } = parseSafetensors(
      fileOf({ u: entry('U8', [1], 0, 1), f: entry('F32', [2], 1, 9) }, data),
      'odd',
    );
    expect(tensors).toEqual({ u: hostTensor('uint8', [1], Uint8Array.of(9)), f: float32([2], [1.5, -3]) });
  });

  it('widens F16 and BF16 to float32 exactly', () => {
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x03ff, 0x8000, 0x7c00, 0xfc00, 0x7e00);
    const brains = Uint16Array.of(0x3f80, 0xc000, 0x7f80, 0x7fc0);
    const data = new Uint8Array([...new Uint8Array(halves.buffer), ...new Uint8Array(brains.buffer)]);
    const { tensors } = parseSafetensors(
      fileOf({ h: entry('F16', [9], 0, 18), b: entry('BF16', [4], 18, 26) }, data),
      'half',
    );
    expect(tensors.h).toEqual(float32([9], [1, -2, 65504, 2 ** -24, 1023 * 2 ** -24, -0, Infinity, -Infinity, NaN]));
    expect(tensors.b).toEqual(float32([4], [1, -2, Infinity, NaN]));
  });

  it('holds a tensor called __proto__ as a tensor', () => {
    const tensors = Object.fromEntries([['__proto__', float32([1], [1])]]);
    const read = parseSafetensors(encodeSafetensors(tensors), 'odd').tensors;
    expect(Object.keys(read)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(0), /at least 8 bytes, got 0/],
    [
      'a header longer than the file',
      fileOf('{}').subarray(0, 9),
      /expected 10 bytes or more, got 9 \(is it truncated/,
    ],
    [
      'a header length of 2^63',
      Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x80),
      /at most 100000000 bytes, got 9223372036854776000/,
    ],
    ['a header that is not JSON', fileOf('{"a":'), /JSON in UTF-8/],
    ['a header that is not UTF-8', fileOf('{"\xff"}').with(9, 0xff), /JSON in UTF-8/],
    ['a header that is a list', fileOf('[]'), /JSON object as header, got \[\]/],
    ['an unknown dtype', fileOf({ a: entry('F8_E4M3', [1], 0, 1) }, [0]), /tensor a: dtype F64, .* got F8_E4M3/],
    ['a dtype that is a name of Object', fileOf({ a: entry('toString', [1], 0, 1) }, [0]), /got toString/],
    ['a negative dimension', fileOf({ a: entry('U8', [-1], 0, 1) }, [0]), /shape of whole numbers, got \[-1\]/],
    [
      'a shape larger than its bytes',
      fileOf({ a: entry('F32', [2], 0, 4) }, [0, 0, 0, 0]),
      /expected tensor a: 8 bytes/,
    ],
    [
      'a shape beyond all numbers',
      fileOf({ a: entry('U8', Array(40).fill(2 ** 40), 0, 1) }, [0]),
      /a list of 40\), got 1/,
    ],
    [
      'offsets the wrong way round',
      fileOf({ a: entry('U8', [1], 1, 0) }, [0]),
      /data_offsets \[begin, end\], got \[1, 0\]/,
    ],
    [
      'overlapping tensors',
      fileOf({ a: entry('U8', [2], 0, 2), b: entry('U8', [2], 1, 3) }, [0, 0, 0]),
      /tensor b to begin at byte 2, got 1 \(it overlaps/,
    ],
    [
      'a hole between tensors',
      fileOf({ a: entry('U8', [1], 0, 1), b: entry('U8', [1], 2, 3) }, [0, 0, 0]),
      /there is a hole/,
    ],
    [
      'bytes that belong to no tensor',
      fileOf({ a: entry('U8', [1], 0, 1) }, [0, 0]),
      /expected 1 bytes of tensor data, got 2/,
    ],
    [
      'truncated data',
      fileOf({ a: entry('U8', [3], 0, 3) }, [0, 0]),
      /expected 3 bytes of tensor data, got 2 \(is it truncated/,
    ],
    [
      'a name that repeats',
      fileOf(
        '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
      ),
      /a name that repeats/,
    ],
    [
      'a dtype given twice',
      fileOf('{"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
      /a name that repeats/,
    ],
    ['metadata that is not text', fileOf({ __metadata__: { epochs: 3 } }), /__metadata__ to hold strings only/],
    ['a BOOL that is neither 0 nor 1', fileOf({ a: entry('BOOL', [1], 0, 1) }, [2]), /0 or 1/],
    [
      'nesting deep enough to overflow a stack',
      fileOf(`{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`),
      /tensor a: .* got a list of 1/,
    ],
  ])('refuses %s', (_, bytes, message) => {
    const parse = () => parseSafetensors(bytes, 'bad.safetensors');
    expect(parse).toThrow(FileFormatError);
    expect(parse).toThrow(message);
    expect(parse).toThrow(/^bad\.safetensors: /);
  });

  it.each([
    ['a bare pickle', [0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9]],
    ['a zip', [0x50, 0x4b, 3, 4, 0, 0, 8, 8, 0]],
  ])('refuses what torch.save writes, %s, with advice', (_, bytes) => {
    const parse = () => parseSafetensors(Uint8Array.from(bytes), 'pytorch_model.bin');
    expect(parse).toThrow(UnsafeFormatError);
    expect(parse).toThrow(/safetensors\.torch\.save_file/);
  });

  it('refuses to write a tensor whose shape disagrees with its data', () => {
    const wrong = { a: { dtype: 'float32', shape: [3], data: new Float32Array(2) } } as const;
    expect(() => encodeSafetensors(wrong)).toThrow('a.shape: expected 2 elements, got [3].');
  });

  it('writes a file with the bytes of encodeSafetensors, and reads it back', async () => {
    const path = join(temporaryFolder(), 'a.safetensors');
    await writeSafetensors(path, everyDType, { format: 'pt' });
    const { tensors, metadata } = await readSafetensors(path);
    expect(tensors).toEqual(everyDType);
    expect(metadata).toEqual({ format: 'pt' });
  });

  it('reads what a file holds from its header alone', async () => {
    const path = join(temporaryFolder(), 'a.safetensors');
    await writeFile(path, fileOf({ h: entry('F16', [1, 2], 0, 4) }, [0, 0, 0, 0]));
    const { tensors } = await readSafetensorsHeader(path);
    expect(tensors).toEqual({ h: { dtype: 'float32', diskDType: 'F16', shape: [1, 2] } });
  });

  it('names a missing file and a folder', async () => {
    const folder = temporaryFolder();
    await expect(readSafetensors(join(folder, 'no'))).rejects.toMatchObject({ code: 'file_not_found' });
    await expect(readSafetensors(folder)).rejects.toMatchObject({ code: 'file_format', facts: { actual: 'a folder' } });
  });

  it('reads files whose header is not padded', async () => {
    const path = join(temporaryFolder(), 'a.safetensors');
    const tensor = float32([2], [1, 2]);
    await writeFile(
      path,
      fileOf(`${JSON.stringify({ a: entry('F32', [2], 0, 8) })} `, new Uint8Array(tensor.data.buffer)),
    );
    expect((await readSafetensors(path)).tensors).toEqual({ a: tensor });
  });
});

describe('the digest of tensors', () => {
  const tensors = { b: float32([2], [1, 2]), a: float32([1, 2], [3, 4]) };

  it('does not depend on the order of names', () => {
    expect(digestTensors({ a: tensors.a, b: tensors.b })).toBe(digestTensors(tensors));
  });

  it.each<[string, NamedTensors]>([
    ['a name', { c: tensors.b, a: tensors.a }],
    ['a shape', { ...tensors, b: float32([2, 1], [1, 2]) }],
    ['a dtype', { ...tensors, b: hostTensor('int32', [2], new Int32Array(tensors.b.data.buffer)) }],
    ['a number', { ...tensors, b: float32([2], [1, 2.0000002]) }],
    ['the set', { a: tensors.a }],
  ])('changes with %s', (_, other) => {
    expect(digestTensors(other)).not.toBe(digestTensors(tensors));
  });

  it('is the SHA-256 that the documentation spells out', () => {
    // printf '["a","F32",[1]]\n\0\0\200\77' | sha256sum
    expect(digestTensors({ a: float32([1], [1]) })).toBe(
      'sha256:531f7157c06dc679fadea110f129c6537718ed3c6fbfc95e52d88a7a4cf4f395',
    );
  });
});
