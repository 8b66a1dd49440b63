import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { createArtifactStore } from './create-store.ts';
import { createDiskDriver } from './drivers/disk.ts';
import { blobKey, manifestKey } from './keys.ts';
import type { ArtifactDraft } from './manifest.ts';
import { createMemoryDriver } from './testing/index.ts';

const draft = (content: string, overrides: Partial<ArtifactDraft> = {}): ArtifactDraft => ({
  kind: 'dataset',
  files: { data: new TextEncoder().encode(content), shared: new TextEncoder().encode('shared') },
  creator: { name: 'medlego', version: '0.1.0' },
  ...overrides,
});
const hour = 3_600_000;

function setUp() {
  const time = { now: Date.UTC(2026, 0, 1) };
  const driver = createMemoryDriver(() => time.now);
  return { time, driver, store: createArtifactStore({ driver, now: () => time.now }) };
}

describe('gc', () => {
  it('deletes nothing unless it is told to', async () => {
    const { store, time } = setUp();
    const { digest, manifest } = await store.put(draft('a'));
    time.now += 2 * hour;
    const report = await store.gc();
    expect(report).toMatchObject({ dryRun: true, artifacts: [digest], kept: 0 });
    expect([...report.blobs].sort()).toEqual(
      Object.values(manifest.files)
        .map((file) => file.digest)
        .sort(),
    );
    expect((await store.get(digest)).digest).toBe(digest);
  });

  it('keeps what a name leads to in any version, its ancestors, and reports about them', async () => {
    const { store, time } = setUp();
    const data = await store.put(draft('data'));
    const parents = [{ digest: data.digest, role: 'base' }];
    const old = await store.put(draft('old', { parents }), { name: 'x' });
    const current = await store.put(draft('current'), { name: 'x' });
    const report = await store.put(
      draft('report', { kind: 'report', parents: [{ digest: old.digest, role: 'subject' }] }),
    );
    const lost = await store.put(draft('lost'));
    const lostReport = await store.put(
      draft('lost report', { kind: 'report', parents: [{ digest: lost.digest, role: 'subject' }] }),
    );
    time.now += 2 * hour;

    const result = await store.gc({ dryRun: false });
    expect([...result.artifacts].sort()).toEqual([lost.digest, lostReport.digest].sort());
    expect(result.blobs).toHaveLength(2); // and not the blob that all share
    expect(result.kept).toBe(4);
    for (const { digest } of [data, old, current, report]) await store.get(digest);
    await expect(store.get(lost.digest)).rejects.toMatchObject({ code: 'artifact_not_found' });
    expect((await store.verify()).problems).toEqual([]);
    expect(await store.gc()).toMatchObject({ artifacts: [], blobs: [], bytes: 0 });
  });

  it('deletes an artifact after its name was removed', async () => {
    const { store, time } = setUp();
    const { digest } = await store.put(draft('a'), { name: 'x' });
    await store.removeName('dataset', 'x');
    time.now += 2 * hour;
    expect((await store.gc({ dryRun: false })).artifacts).toEqual([digest]);
  });

  it('leaves young things alone, and old blobs that a put has just found useful', async () => {
    const { store, driver, time } = setUp();
    const first = await store.put(draft('a'));
    time.now += 2 * hour;
    await driver.delete(manifestKey(first.digest));
    const again = await store.put(draft('a'));
    expect(await store.gc({ dryRun: false })).toMatchObject({ artifacts: [], blobs: [] });
    expect((await store.verify({ ref: again.digest })).problems).toEqual([]);
  });

  it('deletes nothing when a manifest that it must keep is damaged', async () => {
    const { store, driver, time } = setUp();
    const { digest, manifest } = await store.put(draft('a'), { name: 'x' });
    await driver.delete(manifestKey(digest));
    await driver.create(manifestKey(digest), new Uint8Array(3));
    time.now += 2 * hour;
    await expect(store.gc({ dryRun: false })).rejects.toMatchObject({ code: 'corrupt_blob' });
    expect(await driver.stat(blobKey(manifest.files['data']!.digest))).toBeDefined();
  });

  it('removes what crashed writers left, once it is old', async () => {
    const root = temporaryFolder();
    await mkdir(join(root, 'tmp'));
    await writeFile(join(root, 'tmp', 'old'), '12345');
    await utimes(join(root, 'tmp', 'old'), 1, 1);
    await writeFile(join(root, 'tmp', 'young'), '');
    const store = createArtifactStore({ driver: createDiskDriver(root) });
    expect(await store.gc({ dryRun: false })).toMatchObject({ temporaries: 1, bytes: 5 });
    expect(await store.gc({ graceMs: -hour })).toMatchObject({ temporaries: 1, bytes: 0 });
  });
});
