import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseTask } from '@medlego/tasks';
import { digestBytes, encodeSafetensors, float32, type Digest } from '@medlego/tensors';
import { temporaryFolder } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { createArtifactStore } from './create-store.ts';
import type { ArtifactDriver } from './driver.ts';
import { createDiskDriver } from './drivers/disk.ts';
import { blobKey, manifestKey } from './keys.ts';
import type { ArtifactDraft } from './manifest.ts';
import { openArtifactStore } from './open-store.ts';
import { jsonFile } from './specialist-format.ts';
import { createMemoryDriver } from './testing/index.ts';

const creator = { name: 'medlego', version: '0.1.0' };
const backbone = digestBytes(new TextEncoder().encode('weights'));
const text = (value: string) => new TextEncoder().encode(value);

function specialist(task = 'pneumonia', overrides: Partial<ArtifactDraft> = {}): ArtifactDraft {
  const parsed = parseTask({ name: task, kind: 'binary-class', labels: ['normal', 'pneumonia'] });
  return {
    kind: 'specialist',
    backbone,
    tasks: [parsed],
    files: {
      'adapter_config.json': jsonFile({ peft_type: 'ADALORA' }),
      'adapter_model.safetensors': encodeSafetensors({ a: float32([1], [task.length]) }),
      'head.safetensors': encodeSafetensors({ 'head.weight': float32([2, 1], [1, 2]) }),
      'task.json': jsonFile(parsed),
    },
    config: { seed: 0, rank: 4 },
    metrics: { val: { acc: 0.9, auc: null } },
    licences: ['CC-BY-4.0'],
    creator,
    ...overrides,
  };
}
const dataset = (content: string, overrides: Partial<ArtifactDraft> = {}): ArtifactDraft => ({
  kind: 'dataset',
  files: { 'data.npz': text(content) },
  creator,
  ...overrides,
});

function stores() {
  const driver = createMemoryDriver();
  return { driver, store: createArtifactStore({ driver }) };
}

/** Replaces an object's bytes, as a failing disk would. */
async function damage(driver: ArtifactDriver, key: string, change: (bytes: Uint8Array) => Uint8Array) {
  const bytes = (await driver.read(key))!;
  await driver.delete(key);
  await driver.create(key, change(bytes));
}

describe('putting an artifact', () => {
  it('gives back manifest and files', async () => {
    const { store } = stores();
    const { digest } = await store.put(specialist(), { name: 'pneumonia' });
    const artifact = await store.get('pneumonia');
    expect(artifact.digest).toBe(digest);
    expect(artifact.manifest).toMatchObject({
      kind: 'specialist',
      backbone,
      config: { rank: 4 },
      nonCommercial: false,
    });
    expect(await store.readFile(artifact, 'adapter_config.json')).toEqual(text('{"peft_type":"ADALORA"}'));
  });

  it('gives the same digest whenever and wherever it is done, and in whatever order things are named', async () => {
    const early = createArtifactStore({ driver: createMemoryDriver(() => 0), now: () => 0 });
    const late = await openArtifactStore({ root: temporaryFolder() });
    const draft = specialist();
    const reordered = {
      ...Object.fromEntries(Object.entries(draft).reverse()),
      files: Object.fromEntries(Object.entries(draft.files).reverse()),
    } as unknown as ArtifactDraft;
    expect((await early.put(draft, { name: 'a' })).digest).toBe((await late.put(reordered, { name: 'b' })).digest);
  });

  it('reads files from disk, and names one that is missing', async () => {
    const { store } = stores();
    const folder = temporaryFolder();
    await writeFile(join(folder, 'data.npz'), 'images');
    const { digest } = await store.put({ ...dataset(''), files: { 'data.npz': { path: join(folder, 'data.npz') } } });
    expect(digest).toBe((await store.put(dataset('images'))).digest);
    await expect(store.put({ ...dataset(''), files: { x: { path: join(folder, 'no') } } })).rejects.toMatchObject({
      code: 'file_not_found',
      facts: { path: join(folder, 'no') },
    });
  });

  it.each<[string, Partial<ArtifactDraft>, RegExp]>([
    [
      'a missing head',
      { files: { 'task.json': jsonFile({}) } },
      /files: expected head.safetensors, which this specialist needs/,
    ],
    [
      'an adapter without its configuration',
      {
        files: Object.fromEntries(
          Object.entries(specialist().files).filter(([file]) => file !== 'adapter_config.json'),
        ),
      },
      /^files: expected adapter_config\.json, which this specialist needs/,
    ],
    ['no backbone', { backbone: null }, /^backbone: expected the backbone's digest/],
    [
      'a backbone that is no digest',
      { backbone: 'sha256:12' as Digest },
      /^specialist\.backbone: expected sha256: and 64/,
    ],
    ['no task', { tasks: [] }, /^tasks: expected one task/],
    ['a wrong task', { tasks: [{ name: 'A B' } as never] }, /^specialist\.tasks\.0\.name: expected lower-case/],
    ['a metric that is not a number', { metrics: { acc: NaN } }, /^specialist\.metrics\.acc: .*/],
    ['a path that leaves the folder', { files: { ...specialist().files, '../x': text('') } }, /^specialist\.files/],
    ['an absolute path', { files: { ...specialist().files, '/etc/x': text('') } }, /^specialist\.files/],
    ['a hidden file', { files: { ...specialist().files, 'a/.x': text('') } }, /^specialist\.files/],
    [
      'a file called manifest.json',
      { files: { ...specialist().files, 'manifest.json': text('') } },
      /^specialist\.files/,
    ],
    [
      'a file that is also a folder',
      { files: { ...specialist().files, a: text(''), 'a/b': text('') } },
      /side by side/,
    ],
    ['names that differ in case only', { files: { ...specialist().files, 'TASK.json': text('') } }, /side by side/],
  ])('refuses %s, and stores nothing', async (_, overrides, message) => {
    const { store, driver } = stores();
    await expect(store.put(specialist('pneumonia', overrides))).rejects.toThrow(message);
    for await (const { key } of driver.list('')) expect.fail(`stored ${key}`);
  });

  it('lets a specialist that is a head alone have no adapter', async () => {
    const { store } = stores();
    const { 'head.safetensors': head, 'task.json': task } = specialist().files;
    await expect(
      store.put(specialist('p', { files: { 'head.safetensors': head!, 'task.json': task! } })),
    ).resolves.toBeDefined();
  });

  it('refuses to call something commercial that was made from non-commercial data', async () => {
    const { store } = stores();
    const parent = await store.put(dataset('x', { nonCommercial: true, licences: ['CC-BY-NC-4.0'] }));
    const parents = [{ digest: parent.digest, role: 'dataset' }];
    await expect(store.put(specialist('p', { parents }))).rejects.toThrow(
      /nonCommercial: expected true, because its parent/,
    );
    await expect(store.put(specialist('p', { parents, nonCommercial: true }))).resolves.toBeDefined();
  });

  it('repairs damaged blobs and manifests when the same artifact is put again', async () => {
    const { store, driver } = stores();
    const { digest, manifest } = await store.put(specialist());
    await damage(driver, blobKey(manifest.files['head.safetensors']!.digest), (bytes) => bytes.with(3, 255));
    await damage(driver, manifestKey(digest), (bytes) => bytes.slice(0, 10));
    await expect(store.get(digest)).rejects.toMatchObject({ code: 'corrupt_blob' });
    await store.put(specialist());
    expect((await store.verify()).problems).toEqual([]);
  });

  it('is safe for many writers of the same artifact at once', async () => {
    const root = temporaryFolder();
    const writers = await Promise.all(Array.from({ length: 4 }, () => openArtifactStore({ root })));
    const results = await Promise.all(writers.map((store) => store.put(specialist(), { name: 'pneumonia' })));
    expect(new Set(results.map(({ digest }) => digest)).size).toBe(1);
    expect((await writers[0]!.history('specialist', 'pneumonia')).versions).toHaveLength(1);
    expect((await writers[0]!.verify()).problems).toEqual([]);
    expect(await readdir(join(root, 'tmp'))).toEqual([]);
  });
});

describe('reading a file', () => {
  it('refuses bytes that are not those of the digest', async () => {
    const { store, driver } = stores();
    const artifact = await store.put(specialist());
    const { digest } = artifact.manifest.files['head.safetensors']!;
    await damage(driver, blobKey(digest), (bytes) => bytes.with(9, bytes[9]! ^ 1));
    await expect(store.readFile(artifact, 'head.safetensors')).rejects.toMatchObject({
      code: 'corrupt_blob',
      facts: { expected: digest },
    });
    await driver.delete(blobKey(digest));
    await expect(store.readFile(artifact, 'head.safetensors')).rejects.toMatchObject({ code: 'missing_blob' });
  });

  it('names the files that there are when it is asked for another', async () => {
    const { store } = stores();
    const artifact = await store.put(dataset('x'));
    await expect(store.readFile(artifact, 'toString')).rejects.toThrow('file: expected one of data.npz, got toString.');
  });
});

describe('references', () => {
  it('find by name, version, kind and digest', async () => {
    const { store } = stores();
    const first = await store.put(specialist('pneumonia'), { name: 'pneumonia' });
    const second = await store.put(specialist('pneumonia', { config: { seed: 1 } }), { name: 'pneumonia' });
    const resolved = async (ref: string) => store.resolve(ref);
    expect(await resolved('pneumonia')).toBe(second.digest);
    expect(await resolved('pneumonia@1')).toBe(first.digest);
    expect(await resolved('specialist/pneumonia@2')).toBe(second.digest);
    expect(await resolved(first.digest)).toBe(first.digest);
    expect(await resolved(first.digest.slice(0, 'sha256:'.length + 20))).toBe(first.digest);
    expect(await resolved(first.digest.slice('sha256:'.length, 'sha256:'.length + 20))).toBe(first.digest);
  });

  it('prefer a name to digests that begin alike', async () => {
    const { store } = stores();
    const other = await store.put(dataset('other'));
    const prefix = other.digest.slice('sha256:'.length, 'sha256:'.length + 8);
    const named = await store.put(dataset('named'), { name: prefix });
    expect(await store.resolve(prefix)).toBe(named.digest);
    expect(await store.resolve(`sha256:${prefix}`)).toBe(other.digest);
  });

  it('list the candidates when several digests begin alike', async () => {
    const { store, driver } = stores();
    const digests = ['0', '1'].map((end) => `sha256:${'abcd'.repeat(15)}abc${end}` as Digest);
    for (const digest of digests) await driver.create(manifestKey(digest), text('{}'));
    await expect(store.resolve('abcd')).rejects.toMatchObject({
      code: 'ambiguous_ref',
      facts: { candidates: digests },
    });
  });

  it('list the kinds when a name stands for several, and take the one that is asked for', async () => {
    const { store } = stores();
    const data = await store.put(dataset('x'), { name: 'pneumonia' });
    const trained = await store.put(specialist(), { name: 'pneumonia' });
    await expect(store.get('pneumonia')).rejects.toThrow(
      'pneumonia: expected one artifact, got 2: dataset/pneumonia@1, specialist/pneumonia@1.',
    );
    expect(await store.resolve('pneumonia', { kind: 'specialist' })).toBe(trained.digest);
    expect(await store.resolve('dataset/pneumonia')).toBe(data.digest);
    await expect(store.resolve(data.digest, { kind: ['specialist', 'generalist'] })).rejects.toThrow(
      'expected a specialist or generalist, got a dataset.',
    );
  });

  it('offer names that look alike, and versions that exist', async () => {
    const { store } = stores();
    for (const name of ['breast', 'blood', 'pneumonia']) await store.put(dataset(name), { name });
    await expect(store.get('pneumo')).rejects.toMatchObject({
      code: 'artifact_not_found',
      facts: {
        ref: 'pneumo',
        wanted: 'artifact',
        known: ['pneumonia', 'blood', 'breast'],
      },
    });
    await expect(store.get('blood@7')).rejects.toThrow('blood@7: no such artifact in the store. There are: blood@1.');
    await expect(store.get('x', { kind: 'generalist' })).rejects.toThrow(
      'x: no such generalist in the store. There is none yet.',
    );
  });

  it.each(['', '../x', 'A', 'a b', 'a@0', 'a@1.5', 'nokind/a', 'sha256:xyz', 'a'.repeat(200)])(
    'refuse %j',
    async (ref) => {
      await expect(stores().store.get(ref)).rejects.toMatchObject({
        code: 'invalid_value',
        facts: { field: 'reference' },
      });
    },
  );
});

describe('names', () => {
  it('keep their history, with times', async () => {
    let now = Date.UTC(2026, 0, 1);
    const store = createArtifactStore({ driver: createMemoryDriver(), now: () => now });
    const first = await store.put(dataset('1'), { name: 'd' });
    now += 1000;
    const second = await store.put(dataset('2'), { name: 'd' });
    now += 1000;
    await store.setName('dataset', 'd', first.digest);
    const { versions } = await store.history('dataset', 'd');
    expect(versions.map(({ version, digest, at }) => [version, digest, at])).toEqual([
      [1, first.digest, '2026-01-01T00:00:00.000Z'],
      [2, second.digest, '2026-01-01T00:00:01.000Z'],
      [3, first.digest, '2026-01-01T00:00:02.000Z'],
    ]);
  });

  it('never point at an artifact that is not there, of another kind, or without its blobs', async () => {
    const { store, driver } = stores();
    const { digest, manifest } = await store.put(dataset('1'));
    await expect(store.setName('dataset', 'd', digestBytes(text('no')))).rejects.toMatchObject({
      code: 'artifact_not_found',
    });
    await expect(store.setName('specialist', 'd', digest)).rejects.toThrow(/kind: expected dataset/);
    await driver.delete(blobKey(manifest.files['data.npz']!.digest));
    await expect(store.setName('dataset', 'd', digest)).rejects.toMatchObject({ code: 'missing_blob' });
    expect(await store.listNames()).toEqual([]);
  });

  it.each(['', 'Upper', 'a/b', '..', '.a', 'a.', 'a b', 'é'])('cannot be %j', async (name) => {
    const { store } = stores();
    await expect(store.put(dataset('x'), { name })).rejects.toMatchObject({
      code: 'invalid_value',
      facts: { field: 'name' },
    });
  });
});

describe('listing', () => {
  it('gives manifests with their names, by kind and by parent, without reading files', async () => {
    const { store, driver } = stores();
    const data = await store.put(dataset('1'), { name: 'd' });
    const trained = await store.put(specialist('p', { parents: [{ digest: data.digest, role: 'dataset' }] }), {
      name: 'p',
    });
    const newer = await store.put(specialist('p', { config: {} }), { name: 'p' });
    for await (const { key } of driver.list('blobs/')) await driver.delete(key);
    const listed = async (options = {}) => (await store.list(options)).map(({ digest, names }) => [digest, names]);
    expect(await listed({ kind: 'dataset' })).toEqual([[data.digest, ['d']]]);
    expect(await listed({ parent: data.digest })).toEqual([[trained.digest, ['p@1']]]);
    expect((await listed()).sort()).toEqual(
      [
        [data.digest, ['d']],
        [trained.digest, ['p@1']],
        [newer.digest, ['p']],
      ].sort(),
    );
  });

  it('goes on past a damaged manifest if it may say so', async () => {
    const { store, driver } = stores();
    const { digest } = await store.put(dataset('1'));
    await store.put(dataset('2'));
    await damage(driver, manifestKey(digest), () => text('{}'));
    await expect(store.list()).rejects.toMatchObject({ code: 'corrupt_blob' });
    const damaged: string[] = [];
    expect(await store.list({ onDamaged: (id) => damaged.push(id) })).toHaveLength(1);
    expect(damaged).toEqual([digest]);
  });

  it('finds an empty store empty', async () => {
    const store = await openArtifactStore({ root: join(temporaryFolder(), 'new') });
    expect(await store.list()).toEqual([]);
    expect(await store.listNames()).toEqual([]);
    expect((await store.verify()).problems).toEqual([]);
    expect(await store.gc()).toMatchObject({ artifacts: [], blobs: [], kept: 0 });
  });

  it('refuses a store that is a file', async () => {
    const path = join(temporaryFolder(), 'file');
    await writeFile(path, '');
    await expect(openArtifactStore({ root: path })).rejects.toThrow(/root: expected a folder/);
  });
});

describe('manifests of other versions', () => {
  const rewrite = async (driver: ArtifactDriver, digest: Digest, change: object) => {
    const manifest = {
      ...(JSON.parse(new TextDecoder().decode(await driver.read(manifestKey(digest)))) as object),
      ...change,
    };
    const bytes = jsonFile(manifest);
    await driver.create(manifestKey(digestBytes(bytes)), bytes);
    return digestBytes(bytes);
  };

  it('keep fields that this version does not know', async () => {
    const { store, driver } = stores();
    const { digest } = await store.put(dataset('1'));
    const future = await rewrite(driver, digest, { colour: 'blue' });
    const folder = join(temporaryFolder(), 'out');
    await store.exportFolder(await store.get(future), folder);
    const other = stores().store;
    expect((await other.importFolder(folder)).digest).toBe(future);
    expect((await other.get(future)).manifest).toMatchObject({ colour: 'blue' });
  });

  it('are refused when their schema is newer', async () => {
    const { store, driver } = stores();
    const { digest } = await store.put(dataset('1'));
    const future = await rewrite(driver, digest, { schema: 'medlego.artifact/2' });
    await expect(store.get(future)).rejects.toMatchObject({
      code: 'manifest_version',
      facts: { actual: 'medlego.artifact/2' },
    });
  });
});

describe('lineage', () => {
  it('leads back to every data set, and shows parents that are not here', async () => {
    const { store } = stores();
    const data = await store.put(dataset('1'));
    const absent = digestBytes(text('absent'));
    const member = await store.put(
      specialist('p', {
        parents: [
          { digest: data.digest, role: 'dataset' },
          { digest: absent, role: 'backbone' },
        ],
      }),
    );
    const merged = await store.put({
      ...specialist('p', { kind: 'generalist', parents: [{ digest: member.digest, role: 'member' }] }),
      files: { ...specialist().files, 'heads/p.safetensors': text('h') },
    });
    const lineage = await store.lineage(merged.digest);
    expect(lineage.parents.map(({ role }) => role)).toEqual(['member']);
    expect(lineage.parents[0]!.node.parents).toMatchObject([
      { role: 'dataset', node: { digest: data.digest, manifest: { kind: 'dataset' }, parents: [] } },
      { role: 'backbone', node: { digest: absent, manifest: undefined, parents: [] } },
    ]);
  });

  it('does not blow up on a diamond of a hundred levels', async () => {
    const { store } = stores();
    let parents: { digest: Digest; role: string }[] = [];
    for (let level = 0; level < 100; level++) {
      const pair = await Promise.all(['a', 'b'].map((side) => store.put(dataset(`${level}${side}`, { parents }))));
      parents = pair.map(({ digest }) => ({ digest, role: 'base' }));
    }
    expect((await store.lineage(parents[0]!.digest)).parents).toHaveLength(2);
  });
});

describe('verify', () => {
  it('tells what is missing, truncated, corrupt, unreadable and dangling', async () => {
    const driver = createDiskDriver(temporaryFolder());
    const store = createArtifactStore({ driver });
    const [missing, truncated, corrupt, unreadable, dangling] = await Promise.all(
      ['missing', 'truncated', 'corrupt', 'unreadable', 'dangling'].map((name) => store.put(dataset(name), { name })),
    );
    await store.put(dataset('fine'));
    const blobOf = ({ manifest }: typeof missing & {}) => manifest.files['data.npz']!.digest;
    expect((await store.verify()).problems).toEqual([]);

    await driver.delete(blobKey(blobOf(missing!)));
    await damage(driver, blobKey(blobOf(truncated!)), (bytes) => bytes.slice(0, 3));
    await damage(driver, blobKey(blobOf(corrupt!)), (bytes) => bytes.with(0, 0));
    await damage(driver, manifestKey(unreadable!.digest), () => text('{'));
    await driver.delete(manifestKey(dangling!.digest));

    const report = await store.verify();
    expect(report.artifacts).toBe(5);
    const problems = report.problems.map(({ kind, subject, file }) => [kind, subject, file]);
    expect(problems.sort()).toEqual(
      [
        ['missing', missing!.digest, 'data.npz'],
        ['truncated', truncated!.digest, 'data.npz'],
        ['corrupt', corrupt!.digest, 'data.npz'],
        ['manifest', unreadable!.digest, undefined],
        ['dangling-name', 'dataset/dangling@1', undefined],
      ].sort(),
    );
    expect((await store.verify({ ref: corrupt!.digest })).problems).toMatchObject([{ kind: 'corrupt' }]);
  });

  it('tells how far it is, and stops when asked', async () => {
    const { store } = stores();
    await store.put(dataset('12345'));
    await store.put(dataset('678'));
    const seen: number[] = [];
    await store.verify({ onProgress: ({ bytesDone, bytesTotal }) => seen.push(bytesDone, bytesTotal) });
    expect(seen.at(-1)).toBe(8);
    expect(seen.at(-2)).toBe(8);
    await expect(store.verify({ signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: 'stopped' });
  });
});

describe('export and import of a folder', () => {
  it('give PEFT its files, and the same digest in another store', async () => {
    const { store } = stores();
    const artifact = await store.put(specialist(), { name: 'pneumonia' });
    const folder = join(temporaryFolder(), 'pneumonia');
    await store.exportFolder(artifact, folder);
    expect((await readdir(folder)).sort()).toEqual(
      ['adapter_config.json', 'adapter_model.safetensors', 'head.safetensors', 'manifest.json', 'task.json'].sort(),
    );
    const other = await openArtifactStore({ root: temporaryFolder() });
    expect((await other.importFolder(folder, { name: 'p' })).digest).toBe(artifact.digest);
    expect(await other.resolve('p')).toBe(artifact.digest);
  });

  it('refuse a folder with files in it, and leave nothing when a blob is damaged', async () => {
    const { store, driver } = stores();
    const artifact = await store.put(dataset('x'));
    const parent = temporaryFolder();
    await mkdir(join(parent, 'full', 'sub'), { recursive: true });
    await expect(store.exportFolder(artifact, join(parent, 'full'))).rejects.toThrow(/new or empty folder/);
    await damage(driver, blobKey(artifact.manifest.files['data.npz']!.digest), () => text('y'));
    await expect(store.exportFolder(artifact, join(parent, 'out'))).rejects.toMatchObject({ code: 'corrupt_blob' });
    expect(await readdir(parent)).toEqual(['full']);
  });

  it('refuse files that the manifest does not describe, and store nothing then', async () => {
    const { store } = stores();
    const folder = join(temporaryFolder(), 'd');
    await store.exportFolder(await store.put(dataset('x')), folder);
    await writeFile(join(folder, 'data.npz'), 'changed');
    const { store: other, driver } = stores();
    await expect(other.importFolder(folder)).rejects.toMatchObject({
      code: 'corrupt_blob',
      facts: { subject: 'data.npz' },
    });
    for await (const { key } of driver.list('')) expect.fail(`stored ${key}`);
  });

  it.each([
    ['not JSON', '{', 'file_format'],
    ['no object', '3', 'file_format'],
    ['a future manifest', '{"schema":"medlego.artifact/9"}', 'manifest_version'],
    ['an incomplete manifest', '{"schema":"medlego.artifact/1"}', 'invalid_value'],
  ])('refuse %s', async (_, content, code) => {
    const folder = temporaryFolder();
    await writeFile(join(folder, 'manifest.json'), content);
    await expect(stores().store.importFolder(folder)).rejects.toMatchObject({ code });
  });

  it('refuse a manifest whose files lead out of the folder', async () => {
    const { store } = stores();
    const folder = join(temporaryFolder(), 'd');
    await store.exportFolder(await store.put(dataset('x')), folder);
    const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as {
      files: Record<string, unknown>;
    };
    manifest.files = { '../secret': manifest.files['data.npz'] };
    await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
    await expect(stores().store.importFolder(folder)).rejects.toMatchObject({ code: 'invalid_value' });
  });
});
