import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { temporaryFolder } from '@medlego/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { medmnistArrays, npzFile, pattern, twoClasses, uint8 } from '../testing/npz-file.ts';
import { encodeNpyHeader, npyTypes, parseNpyHeader, type NpyType } from './npy-header.ts';
import { readNpz } from './read-npz.ts';
import { encodeNpz, writeNpz } from './write-npz.ts';

describe('npz', () => {
  it.each(['deflate', 'store'] as const)('reads back what it wrote, every element type, by %s', async (compression) => {
    const arrays = Object.fromEntries(
      (Object.keys(npyTypes) as NpyType[]).map((descr) => [
        `array ${descr.slice(1)}`,
        { descr, shape: [2, 3], data: new npyTypes[descr].array(pattern(6 * npyTypes[descr].bytes).buffer) },
      ]),
    );
    const path = join(temporaryFolder(), 'types.npz');
    await writeNpz(path, arrays, { compression });
    const read = await readNpz(path);
    expect(read.names).toEqual(Object.keys(arrays));
    expect(Object.fromEntries(read.arrays)).toEqual(arrays);
  });

  it('unpacks only the arrays that are asked for', async () => {
    const path = await npzFile(medmnistArrays(twoClasses));
    const { names, arrays } = await readNpz(path, { keys: ['val_labels', 'absent'] });
    expect(names).toHaveLength(6);
    expect([...arrays.keys()]).toEqual(['val_labels']);
  });

  it('gives the same bytes for the same arrays', () => {
    const arrays = medmnistArrays(twoClasses);
    expect(Buffer.concat(encodeNpz(arrays))).toEqual(Buffer.concat(encodeNpz(arrays)));
  });

  it('reads arrays without elements and scalars', async () => {
    const path = await npzFile({ none: uint8([0, 28, 28]), scalar: uint8([], [7]) });
    const { arrays } = await readNpz(path);
    expect(arrays.get('none')).toMatchObject({ shape: [0, 28, 28], data: new Uint8Array(0) });
    expect(arrays.get('scalar')).toMatchObject({ shape: [], data: Uint8Array.of(7) });
  });

  it('refuses data that does not fill its shape when writing', () => {
    expect(() => encodeNpz({ bad: { descr: '<i4', shape: [3], data: new Int32Array(2) } })).toThrow(/bad: expected 12 bytes/);
  });

  it('reports a file that is not there', async () => {
    await expect(readNpz(join(temporaryFolder(), 'none.npz'))).rejects.toMatchObject({ code: 'file_not_found' });
  });

  it('refuses a truncated file wherever it is cut', async () => {
    const path = await npzFile(medmnistArrays(twoClasses));
    const whole = await readFile(path);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1 }), async (length) => {
        await writeFile(path, whole.subarray(0, length));
        await expect(readNpz(path)).rejects.toMatchObject({ code: 'file_format', facts: { file: expect.stringContaining(path) } });
      }),
      { numRuns: 60 },
    );
  });

  it('never returns other data than was written when one byte is changed', async () => {
    const arrays = medmnistArrays(twoClasses);
    const path = await npzFile(arrays);
    const whole = await readFile(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = Buffer.from(whole);
        bytes[at]! ^= change;
        await writeFile(path, bytes);
        const outcome = await readNpz(path).catch((error: unknown) => error);
        // A changed name or comment may still be read; what is read under a known name is right.
        if (outcome instanceof Error) expect(outcome).toMatchObject({ code: expect.stringMatching(/^(file_format|archive_limit)$/) });
        else
          for (const [name, array] of (outcome as Awaited<ReturnType<typeof readNpz>>).arrays)
            if (name in arrays) expect(array).toEqual(arrays[name]);
      }),
      { numRuns: 200 },
    );
  });

  it('refuses a zip bomb by its ratio before it unpacks anything', async () => {
    const path = await npzFile({ train_images: uint8([17, 1024, 1024]) });
    expect((await readFile(path)).length).toBeLessThan(100_000);
    await expect(readNpz(path)).rejects.toMatchObject({
      code: 'archive_limit',
      facts: { limit: 'compression ratio', entry: 'train_images.npy', allowed: 200 },
    });
  });

  it('refuses more bytes than allowed, counted over all arrays', async () => {
    const path = await npzFile({ a: uint8([600]), b: uint8([600]) });
    await expect(readNpz(path, { limits: { maxBytes: 1400 } })).rejects.toMatchObject({
      code: 'archive_limit',
      facts: { limit: 'total bytes', entry: 'b.npy', allowed: 1400 },
    });
  });

  it('refuses too many entries', async () => {
    const path = await npzFile(Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`a${index}`, uint8([1])])));
    await expect(readNpz(path)).rejects.toMatchObject({ code: 'archive_limit', facts: { limit: 'entries', actual: 65 } });
  });

  it('refuses an entry that unpacks to more than it declares', async () => {
    const path = await npzFile({ a: uint8([100]) });
    const bytes = await readFile(path);
    // Both headers tell 64 + 64 + 100 - 64 bytes; the shape below is told smaller, so that the header and the size agree.
    const content = Buffer.concat([encodeNpyHeader('|u1', [100]), new Uint8Array(5000)]);
    const packed = deflateRawSync(content);
    const rebuilt = Buffer.concat([bytes.subarray(0, 30 + 5), packed]);
    rebuilt.writeUInt32LE(packed.length, 18);
    const directoryAt = bytes.indexOf(Buffer.from('504b0102', 'hex'));
    const directory = Buffer.from(bytes.subarray(directoryAt));
    directory.writeUInt32LE(packed.length, 20);
    directory.writeUInt32LE(rebuilt.length, directory.length - 6);
    await writeFile(path, Buffer.concat([rebuilt, directory]));
    await expect(readNpz(path)).rejects.toMatchObject({ code: 'file_format' });
  });
});

describe('npy header', () => {
  const header = (text: string, version = 1) => {
    const head = Buffer.alloc(version === 1 ? 10 : 12);
    head.set([0x93, ...Buffer.from('NUMPY'), version, 0]);
    if (version === 1) head.writeUInt16LE(text.length, 8);
    else head.writeUInt32LE(text.length, 8);
    return Buffer.concat([head, Buffer.from(text)]);
  };

  it('reads the lines that NumPy writes, versions 1.0 and 2.0', () => {
    const text = "{'descr': '|u1', 'fortran_order': False, 'shape': (4708, 28, 28), }                \n";
    for (const version of [1, 2])
      expect(parseNpyHeader(header(text, version), 'f')).toMatchObject({ descr: '|u1', shape: [4708, 28, 28], dataBytes: 3691072 });
    expect(parseNpyHeader(header("{'descr': '<i8', 'fortran_order': False, 'shape': (5,), }\n"), 'f')).toMatchObject({ shape: [5], dataBytes: 40 });
  });

  it('aligns the data of its own headers to 64 bytes and can read them', () => {
    for (const shape of [[], [3], [10, 28, 28, 3]]) {
      const bytes = encodeNpyHeader('<f4', shape);
      expect(bytes.length % 64).toBe(0);
      expect(parseNpyHeader(bytes, 'f')).toMatchObject({ descr: '<f4', shape, dataOffset: bytes.length });
    }
  });

  it('waits for more bytes while the header is incomplete', () => {
    const bytes = encodeNpyHeader('|u1', [3]);
    for (let length = 0; length < bytes.length; length++) expect(parseNpyHeader(bytes.subarray(0, length), 'f')).toBeUndefined();
  });

  it.each([
    ['Fortran order', "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }\n", /C order/],
    ['big-endian words', "{'descr': '>i4', 'fortran_order': False, 'shape': (2,), }\n", />i4/],
    ['Python objects', "{'descr': '|O', 'fortran_order': False, 'shape': (2,), }\n", /\|O/],
    ['records', "{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (2,), }\n", /with 'descr'/],
    ['a negative axis', "{'descr': '|u1', 'fortran_order': False, 'shape': (-2,), }\n", /with 'descr'/],
    ['code', "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), 'x': __import__('os')}\n", /with 'descr'/],
    ['a shape beyond memory', "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999, 99999999999), }\n", /fits into memory/],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseNpyHeader(header(text), 'f')).toThrow(message);
  });

  it('refuses other versions, other files and endless headers', () => {
    expect(() => parseNpyHeader(header('{}\n', 3), 'f')).toThrow(/version 1.0 or 2.0/);
    expect(() => parseNpyHeader(Buffer.from('PK not an array'), 'f')).toThrow(/an \.npy array/);
    expect(() => parseNpyHeader(header(' '.repeat(20_000)), 'f')).toThrow(/at most 16384 bytes/);
  });
});
