import * as nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { createDiskDriver, type DiskFiles } from './disk.ts';

type Step = 'mkdir' | 'open' | 'write' | 'sync' | 'link';
const steps: readonly Step[] = ['mkdir', 'open', 'write', 'sync', 'link'];

const failure = (code: string) => Object.assign(new Error(code), { code, syscall: 'test', errno: -1 });

/** The real file system, which fails at one step with the code that the system would give. */
function failingAt(step: Step, code: string): DiskFiles {
  const fail = () => Promise.reject(failure(code));
  const open = async (...args: Parameters<typeof nodeFiles.open>) => {
    const handle = await nodeFiles.open(...args);
    return new Proxy(handle, {
      get(target, property) {
        if (property === 'sync' && step === 'sync') return fail;
        if (property === 'writeFile' && step === 'write')
          return async () => {
            await target.write('half of the bytes');
            throw failure(code);
          };
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };
  return {
    rm: nodeFiles.rm,
    mkdir: (step === 'mkdir' ? fail : nodeFiles.mkdir) as typeof nodeFiles.mkdir,
    open: (step === 'open' ? fail : open) as typeof nodeFiles.open,
    link: (step === 'link' ? fail : nodeFiles.link) as typeof nodeFiles.link,
  };
}

const filesUnder = async (folder: string) =>
  (await nodeFiles.readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());

describe('the disk driver', () => {
  it.each(steps)('leaves nothing behind when the disk is full at %s, and works once there is space', async (step) => {
    const root = temporaryFolder();
    const full = createDiskDriver(root, failingAt(step, 'ENOSPC'));
    await expect(full.create('blobs/a', Uint8Array.of(1, 2, 3))).rejects.toMatchObject({
      code: 'disk_full',
      kind: 'exhausted',
      facts: { path: root },
    });
    expect(await filesUnder(root)).toEqual([]);
    expect(await createDiskDriver(root).create('blobs/a', Uint8Array.of(1))).toBe('created');
  });

  it.each(['EROFS', 'EACCES'])('names the store that is read-only (%s)', async (code) => {
    const driver = createDiskDriver(temporaryFolder(), failingAt('mkdir', code));
    await expect(driver.create('blobs/a', Uint8Array.of(1))).rejects.toMatchObject({ code: 'access_denied' });
    await expect(driver.create('blobs/a', Uint8Array.of(1))).rejects.toThrow(
      /^\/.*: no access to an artifact \(.*\)\. Check/,
    );
  });

  it('makes its folder when the first object is written, and not before', async () => {
    const root = join(temporaryFolder(), 'deep', 'store');
    const driver = createDiskDriver(root);
    expect(await driver.read('a')).toBeUndefined();
    await expect(nodeFiles.stat(root)).rejects.toThrow('ENOENT');
    await driver.create('a', Uint8Array.of(1));
    expect((await nodeFiles.stat(join(root, 'a'))).mode & 0o222).toBe(0); // nobody may write to it
  });

  it('says so when a file lies where a folder should be', async () => {
    const root = temporaryFolder();
    await nodeFiles.writeFile(join(root, 'blobs'), '');
    const driver = createDiskDriver(root);
    await expect(driver.create('blobs/a', Uint8Array.of(1))).rejects.toMatchObject({ code: 'invalid_value' });
    expect(await driver.read('blobs/a')).toBeUndefined();
  });
});
