import { existsSync, readFileSync, truncateSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { float32, hostTensor, type NamedTensors } from '../host-tensor.ts';
import { openSafetensors } from './open.ts';
import { encodeSafetensors, streamSafetensors } from './write.ts';

const tensors: NamedTensors = {
  'b.weight': float32([2, 2], [1, 2, 3, 4]),
  'a.weight': float32([3], [5, 6, 7]),
  steps: hostTensor('int64', [1], BigInt64Array.of(9n)),
  mask: hostTensor('bool', [3], Uint8Array.of(1, 0, 1)),
};

describe('a safetensors file, tensor by tensor,', () => {
  it('is written with the bytes of encodeSafetensors, each tensor asked for once', async () => {
    const path = join(temporaryFolder(), 'a.safetensors');
    const asked: string[] = [];
    await streamSafetensors(path, tensors, (name) => (asked.push(name), tensors[name]!), { format: 'pt' });
    expect(readFileSync(path)).toEqual(Buffer.from(encodeSafetensors(tensors, { format: 'pt' })));
    expect(asked).toEqual(['steps', 'a.weight', 'b.weight', 'mask']);
  });

  it('is read in any order, each time into memory of its own', async () => {
    const path = join(temporaryFolder(), 'a.safetensors');
    await writeFile(path, encodeSafetensors(tensors, { format: 'pt' }));
    using file = openSafetensors(path);
    expect(file.metadata).toEqual({ format: 'pt' });
    expect(file.tensors['b.weight']).toEqual({ dtype: 'float32', diskDType: 'F32', shape: [2, 2] });
    for (const name of ['steps', 'b.weight', 'mask', 'a.weight', 'b.weight'])
      expect(file.read(name)).toEqual(tensors[name]);
    expect(file.read('mask').data.buffer).not.toBe(file.read('mask').data.buffer);
    expect(() => file.read('c')).toThrow(expect.objectContaining({ code: 'missing_tensor' }));
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no');
      },
      'no',
    ],
    ['answers another shape', () => float32([1], [1]), 'a.weight: expected float32 [3], got float32 [1].'],
  ])('is not written at all when its maker %s', async (_, fail, message) => {
    const folder = temporaryFolder();
    const make = (name: string) => (name === 'a.weight' ? fail() : tensors[name]!);
    await expect(streamSafetensors(join(folder, 'a.safetensors'), tensors, make)).rejects.toThrow(message);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is refused when it is missing, a folder, cut short, or no safetensors', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'a.safetensors');
    expect(() => openSafetensors(path)).toThrow(expect.objectContaining({ code: 'file_not_found' }));
    expect(() => openSafetensors(folder)).toThrow(expect.objectContaining({ code: 'file_format' }));
    await writeFile(path, encodeSafetensors(tensors));
    using file = openSafetensors(path);
    truncateSync(path, encodeSafetensors(tensors).length - 1);
    expect(() => openSafetensors(path)).toThrow(expect.objectContaining({ code: 'file_format' }));
    expect(() => file.read('mask')).toThrow('it became shorter while it was read');
    await writeFile(path, 'text');
    expect(() => openSafetensors(path)).toThrow(expect.objectContaining({ code: 'file_format' }));
    expect(existsSync(path)).toBe(true);
  });
});
