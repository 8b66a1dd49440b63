import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { digestBytes, type Digest } from '@medlego/tensors';
import { canonicalJson } from '../canonical-json.ts';
import type { ArtifactDraft } from '../manifest.ts';
import type { ArtifactStore } from '../store.ts';

const text = (value: string) => new TextEncoder().encode(value);

const dataset = (content: string, overrides: Partial<ArtifactDraft> = {}): ArtifactDraft => ({
  kind: 'dataset',
  files: { 'data.npz': text(content), 'notes/readme.txt': text('same in all') },
  config: { rows: content.length },
  creator: { name: 'medlego', version: '0.1.0' },
  ...overrides,
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'medlego-store-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function contentOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Buffer.concat(parts).toString();
}

async function* inPieces(...parts: string[]): AsyncIterable<Uint8Array> {
  for (const part of parts) yield text(part);
}

/**
 * What every artifact store must do, whatever lies below it; run on each implementation.
 * @param create gives an empty store for one test
 */
export function describeArtifactStore(name: string, create: () => ArtifactStore | Promise<ArtifactStore>): void {
  describe(`artifact store ${name}`, () => {
    it('gives back what was put, by name, version, kind, digest and its first digits', async () => {
      const store = await create();
      const first = await store.put(dataset('one'), { name: 'd' });
      const second = await store.put(dataset('two!'), { name: 'd' });
      const hex = first.digest.slice('sha256:'.length);
      for (const ref of ['d@1', 'dataset/d@1', first.digest, hex, hex.slice(0, 12)])
        expect(await store.resolve(ref)).toBe(first.digest);
      const found = await store.get('d', { kind: ['dataset', 'specialist'] });
      expect(found).toMatchObject({ digest: second.digest, manifest: { kind: 'dataset', config: { rows: 4 } } });
      expect(await store.readFile(found, 'data.npz')).toEqual(text('two!'));
      expect(Date.parse(found.created)).toBeGreaterThan(Date.UTC(2020));
    });

    it('says what is not there', async () => {
      const store = await create();
      const artifact = await store.put(dataset('x'), { name: 'd' });
      await expect(store.get('e')).rejects.toMatchObject({ code: 'artifact_not_found', facts: { known: ['d'] } });
      await expect(store.get('d', { kind: 'specialist' })).rejects.toMatchObject({ code: 'artifact_not_found' });
      await expect(store.get('A B')).rejects.toMatchObject({ code: 'invalid_value' });
      await expect(store.history('dataset', 'e')).rejects.toMatchObject({ code: 'artifact_not_found' });
      await expect(store.readFile(artifact, 'toString')).rejects.toThrow(/^file: expected one of data\.npz/);
      await expect(contentOf(store.transfer.read(digestBytes(text('no'))))).rejects.toMatchObject({
        code: 'missing_blob',
      });
    });

    it('refuses a draft that is wrong, and stores nothing', async () => {
      const store = await create();
      await expect(store.put(dataset('x', { metrics: { acc: NaN } }))).rejects.toMatchObject({ code: 'invalid_value' });
      await expect(store.put(dataset('x', { kind: 'specialist' }))).rejects.toMatchObject({ code: 'invalid_value' });
      expect(await store.list()).toEqual([]);
    });

    it('puts the same content once, and files from disk', async () => {
      const store = await create();
      const path = join(await folder(), 'data');
      await writeFile(path, 'images');
      const { digest } = await store.put(dataset('images'), { name: 'd' });
      const files = { 'data.npz': { path }, 'notes/readme.txt': text('same in all') };
      expect((await store.put(dataset('images', { files }), { name: 'd' })).digest).toBe(digest);
      expect((await store.history('dataset', 'd')).versions).toHaveLength(1);
    });

    it('compares before it sets a name, and takes a repeat for what it is', async () => {
      const store = await create();
      const first = await store.put(dataset('1'), { name: 'd', expected: null });
      await store.put(dataset('1'), { name: 'd', expected: null }); // its answer was lost, say
      const second = await store.put(dataset('2'));
      await expect(store.setName('dataset', 'd', second.digest, { expected: null })).rejects.toMatchObject({
        code: 'name_conflict',
        facts: { name: 'dataset/d', expected: 'nothing', actual: first.digest },
      });
      const version = await store.setName('dataset', 'd', second.digest, { expected: first.digest });
      expect(version).toMatchObject({ kind: 'dataset', name: 'd', version: 2, digest: second.digest });
      expect(await store.listNames('dataset')).toEqual([await store.history('dataset', 'd')]);
      expect(await store.listNames('report')).toEqual([]);
    });

    it('lets one of many racing writers create a name, and loses none of many that append', async () => {
      const store = await create();
      const artifacts = await Promise.all(Array.from({ length: 5 }, (_, i) => store.put(dataset(String(i)))));
      const race = artifacts.map(({ digest }) => store.setName('dataset', 'new', digest, { expected: null }));
      const won = (await Promise.allSettled(race)).filter(({ status }) => status === 'fulfilled');
      expect(won).toHaveLength(1);
      await Promise.all(artifacts.map(({ digest }) => store.setName('dataset', 'd', digest)));
      const { versions } = await store.history('dataset', 'd');
      expect(versions.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5]);
      expect(versions.map(({ digest }) => digest).sort()).toEqual(artifacts.map(({ digest }) => digest).sort());
    });

    it('forgets a name with its history, and keeps the artifact', async () => {
      const store = await create();
      const { digest } = await store.put(dataset('1'), { name: 'd' });
      await store.removeName('dataset', 'd');
      await expect(store.get('d')).rejects.toMatchObject({ code: 'artifact_not_found' });
      await expect(store.removeName('dataset', 'd')).rejects.toMatchObject({ code: 'artifact_not_found' });
      expect((await store.get(digest)).digest).toBe(digest);
    });

    it('lists by kind and parent with names, oldest first', async () => {
      const store = await create();
      const parent = await store.put(dataset('1'), { name: 'd' });
      const parents = [{ digest: parent.digest, role: 'subject' }];
      const report = await store.put(dataset('2', { kind: 'report', parents }), { name: 'r' });
      const newer = await store.put(dataset('3', { kind: 'report' }), { name: 'r' });
      const listed = async (options = {}) => (await store.list(options)).map(({ digest, names }) => [digest, names]);
      expect(await listed({ kind: 'dataset' })).toEqual([[parent.digest, ['d']]]);
      expect(await listed({ parent: parent.digest })).toEqual([[report.digest, ['r@1']]]);
      expect((await listed({ kind: ['report', 'dataset'] })).length).toBe(3);
      const all = await store.list();
      expect(all.map(({ created }) => created)).toEqual(all.map(({ created }) => created).sort());
      expect(await store.list({ limit: 2 })).toEqual(all.slice(0, 2));
      expect(await store.list({ after: all[0]!, limit: 5 })).toEqual(all.slice(1));
      expect(await store.list({ after: all[2]! })).toEqual([]);
      expect((await listed({ kind: 'report' })).map(([digest]) => digest)).toContain(newer.digest);
    });

    it('lists what is there at the moment, also what came and went by another way', async () => {
      const store = await create();
      const counts: number[] = [];
      for (let i = 0; i < 3; i++) {
        await store.put(dataset(String(i)), { name: `d${i % 2}` });
        counts.push((await store.list()).length);
      }
      await store.removeName('dataset', 'd0');
      expect((await store.list()).flatMap(({ names }) => names)).toEqual(['d1']);
      await store.gc({ dryRun: false, graceMs: 0 });
      expect([...counts, (await store.list()).length]).toEqual([1, 2, 3, 1]);
    });

    it('leads back through shared ancestors, and shows a parent that is not there', async () => {
      const store = await create();
      const absent: Digest = digestBytes(text('absent'));
      let parents = [{ digest: absent, role: 'subject' }];
      for (let level = 0; level < 12; level++) {
        const pair = await Promise.all(['a', 'b'].map((side) => store.put(dataset(`${level}${side}`, { parents }))));
        parents = pair.map(({ digest }) => ({ digest, role: 'base' }));
      }
      let node = await store.lineage(parents[0]!.digest);
      for (let level = 0; level < 11; level++) {
        expect(node.parents.map(({ role }) => role)).toEqual(['base', 'base']);
        node = node.parents[1]!.node;
      }
      expect(node.parents).toMatchObject([{ role: 'subject', node: { digest: absent, parents: [] } }]);
    });

    it('exports a folder that another store takes in with the same digest', async () => {
      const store = await create();
      const artifact = await store.put(dataset('x'), { name: 'd' });
      const out = join(await folder(), 'out');
      await store.exportFolder(artifact, out);
      expect((await readdir(out)).sort()).toEqual(['data.npz', 'manifest.json', 'notes']);
      await store.removeName('dataset', 'd');
      expect(await store.importFolder(out, { name: 'again' })).toMatchObject({ digest: artifact.digest });
      expect(await store.resolve('again')).toBe(artifact.digest);
      await writeFile(join(out, 'data.npz'), 'changed');
      await expect(store.importFolder(out)).rejects.toMatchObject({ code: 'corrupt_blob' });
    });

    it('verifies what it holds and tells how far it is; collects what no name leads to', async () => {
      const store = await create();
      await store.put(dataset('12345'), { name: 'd' });
      const { digest } = await store.put(dataset('678'));
      let bytes = 0;
      const report = await store.verify({ onProgress: ({ bytesDone }) => (bytes = bytesDone) });
      expect(report).toEqual({ artifacts: 2, blobs: 3, bytes, problems: [] });
      expect((await store.verify({ ref: 'd' })).artifacts).toBe(1);
      await expect(store.verify({ signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: 'stopped' });
      expect(await store.gc({ graceMs: 0 })).toMatchObject({ dryRun: true, artifacts: [digest], kept: 1 });
      const collected = await store.gc({ dryRun: false, graceMs: 0 });
      expect(collected).toMatchObject({ dryRun: false, artifacts: [digest] });
      expect(collected.bytes).toBeGreaterThan(3);
      await expect(store.get(digest)).rejects.toMatchObject({ code: 'artifact_not_found' });
    });

    it('moves an artifact over byte for byte, and takes no others', async () => {
      const [from, to] = [await create(), await create()];
      const { digest, manifest } = await from.put(dataset('hello'));
      const bytes = canonicalJson(manifest, 'manifest');
      const blobs = Object.values(manifest.files).map((file) => file.digest);
      const [blob] = blobs;
      expect((await to.transfer.missing([...blobs, blob!])).sort()).toEqual([...blobs].sort());
      await expect(to.transfer.putManifest(bytes)).rejects.toMatchObject({ code: 'missing_blob' });
      await expect(to.transfer.write(blob!, inPieces('hel', 'l0'))).rejects.toMatchObject({
        code: 'invalid_value',
        facts: { field: 'blob' },
      });
      expect(await to.transfer.missing([blob!])).toEqual([blob]);
      for (const id of blobs) await to.transfer.write(id, from.transfer.read(id));
      expect(await to.transfer.write(blob!, inPieces('hel', 'lo'))).toBe(5); // it is there already
      expect(await contentOf(to.transfer.read(blob!, 3))).toBe('lo');
      expect(await to.transfer.putManifest(bytes, { name: 'd' })).toMatchObject({ digest });
      expect(await to.resolve('d')).toBe(digest);
      expect(await to.transfer.signatures(digest)).toEqual({});
    });

    it.each([
      ['no JSON', () => '{', /manifest: expected JSON/],
      ['another spelling', (json: string) => ` ${json}`, /manifest: expected canonical JSON/],
      ['a file that leads out', (json: string) => json.replace('data.npz', '../data'), /manifest\.files/],
      ['a wrong size', (json: string) => json.replace('"size":1}', '"size":2}'), /files\.data\.npz\.size: expected 1/],
      ['an incomplete kind', (json: string) => json.replace('"dataset"', '"specialist"'), /expected head\.safetensors/],
    ])('takes no manifest that is %s', async (_, change, message) => {
      const store = await create();
      const { manifest } = await store.put(dataset('x'));
      const json = new TextDecoder().decode(canonicalJson(manifest, 'manifest'));
      await expect(store.transfer.putManifest(text(change(json)))).rejects.toThrow(message);
      expect(await store.list()).toHaveLength(1);
    });
  });
}
