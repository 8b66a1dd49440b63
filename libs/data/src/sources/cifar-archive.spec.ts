import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@medlego/testing';
import { create } from 'tar';
import { describe, expect, it } from 'vitest';
import { pngFile } from '../testing/png-file.ts';
import { openCifarArchive } from './cifar-archive.ts';
import { openDataset } from './open-dataset.ts';

async function archive({ size = 32, perClass = 4 } = {}): Promise<string> {
  const folder = temporaryFolder();
  for (const [label, value] of [['frog', 10], ['cat', 200]] as const)
    for (const [split, count] of [['train', perClass], ['test', 1]] as const)
      for (let mark = 0; mark < count; mark++) await pngFile(join(folder, split, label, `000${mark}.png`), value, { size, mark, colour: true });
  const path = join(folder, 'small.tar.gz');
  await create({ file: path, gzip: true, cwd: folder }, ['train', 'test']);
  return path;
}

describe('openCifarArchive', () => {
  it('numbers classes by name, orders rows by path and keeps the last of each class for validation', async () => {
    const steps: number[] = [];
    const dataset = await openCifarArchive(await archive(), { valPerClass: 1, onProgress: (done) => steps.push(done) });
    expect(dataset.task).toMatchObject({ name: 'cifar10', kind: 'multi-class', labels: ['cat', 'frog'] });
    const { train, val, test } = dataset.splits;
    expect([...train.labels]).toEqual([0, 0, 0, 1, 1, 1]);
    expect([...val.labels]).toEqual([0, 1]);
    expect([...test.labels]).toEqual([0, 1]);
    expect(train).toMatchObject({ height: 32, width: 32, channels: 3 });
    expect([train.images[0], train.images[2], train.images[5 * 3072 + 2]]).toEqual([0, 200, 10]);
    expect(val.images[0]).toBe(3); // the mark of the class's last image
    expect(steps.at(-1)).toBe(10);
  });

  it('reads the same rows from its cache, and replaces a damaged one', async () => {
    const path = await archive();
    const cacheDir = join(temporaryFolder(), 'cache');
    const fresh = await openCifarArchive(path, { cacheDir });
    const [name] = await readdir(cacheDir);
    const cached = await openCifarArchive(path, { cacheDir, onProgress: () => expect.fail('decoded again') });
    expect(cached.digest).toBe(fresh.digest);
    const bytes = await readFile(join(cacheDir, name!));
    await writeFile(join(cacheDir, name!), bytes.subarray(0, 5000));
    expect((await openCifarArchive(path, { cacheDir })).digest).toBe(fresh.digest);
    expect(await readFile(join(cacheDir, name!))).toEqual(bytes);
  });

  it('is opened by openDataset too', async () => {
    expect((await openDataset(await archive())).source.format).toBe('cifar-archive');
  });

  it('refuses a truncated archive, one without images, and images of another size', async () => {
    const path = await archive();
    await writeFile(path, (await readFile(path)).subarray(0, 400));
    await expect(openCifarArchive(path)).rejects.toMatchObject({ code: 'file_format', facts: { expected: 'a complete .tar.gz archive' } });
    const folder = temporaryFolder();
    await mkdir(join(folder, 'other'));
    await create({ file: join(folder, 'none.tar.gz'), gzip: true, cwd: folder }, ['other']);
    await expect(openCifarArchive(join(folder, 'none.tar.gz'))).rejects.toThrow(/train\/CLASS/);
    await expect(openCifarArchive(await archive({ size: 30 }))).rejects.toThrow(/32 x 32, got 30 x 30/);
    await expect(openCifarArchive(join(folder, 'absent.tar.gz'))).rejects.toMatchObject({ code: 'file_not_found' });
  });

  it('stops when it is told to', async () => {
    await expect(openCifarArchive(await archive(), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
  });
});
