import { join } from 'node:path';
import { addToken, staticTokens, type Scope } from '@medlego/access';
import { canonicalJson, createArtifactStore, type ArtifactDraft } from '@medlego/artifacts';
import { createMemoryDriver } from '@medlego/artifacts/testing';
import type { BusEvent } from '@medlego/bus';
import { digestBytes } from '@medlego/tensors';
import { temporaryFolder } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { openRemoteStore } from '../remote/index.ts';
import { serve, type Served } from '../testing/serve.ts';

const text = (value: string) => new TextEncoder().encode(value);
const creator = { name: 'test', version: '1' };
const dataset = (content: string): ArtifactDraft => ({ kind: 'dataset', files: { data: text(content) }, creator });
const backbone = (content: string): ArtifactDraft => ({
  kind: 'backbone',
  backbone: digestBytes(text(content)),
  files: { 'model.safetensors': text(content), 'config.json': text('{}') },
  creator,
});
const specialist = (content: string): ArtifactDraft => ({
  kind: 'specialist',
  backbone: digestBytes(text('weights')),
  tasks: [{ name: 'blood', kind: 'multi-class', labels: ['a', 'b'] } as never],
  files: { 'head.safetensors': text(content), 'task.json': text('{}') },
  creator,
});

const patient = { timeout: 10_000 };

/** Everything that the bus tells from now on. */
async function listen({ bus }: Served) {
  const seen: BusEvent[] = [];
  const types = ['dataset.published', 'backbone.published', 'specialist.published'] as const;
  await bus.consume({ durable: 'test-all', types, handler: async (event) => void seen.push(event as BusEvent) });
  return seen;
}

describe('PutArtifact', () => {
  it('tells the registry and the bus of a name, once, however often it is repeated', async () => {
    const served = await serve();
    const { registry, client, store } = served;
    const seen = await listen(served);
    const remote = await openRemoteStore(served.rpc);
    const put = await remote.put(specialist('head'), { name: 'blood' });
    const request = {
      manifestJson: new TextDecoder().decode(canonicalJson(put.manifest, 'manifest')),
      name: 'blood',
      expected: '',
    };
    for (let i = 0; i < 3; i++) expect((await client.putArtifact(request)).artifact!.digest).toBe(put.digest);
    expect((await registry.names.get('specialist', 'blood')).versions).toMatchObject([
      { version: 1, digest: put.digest, by: 'anonymous' },
    ]);
    expect((await store.history('specialist', 'blood')).versions).toHaveLength(1);
    await remote.put(dataset('d'), { name: 'cells' });
    await expect
      .poll(() => seen.map(({ id }) => id), patient)
      .toEqual(['specialist-blood-1-published', 'dataset-cells-1-published']);
    const weights = put.manifest.files['head.safetensors']!.digest;
    expect(seen[0]!.data).toEqual({ artifact: put.digest, name: 'blood', version: 1, task: 'blood', weights });
  });

  it('says what a backbone weighs, and nothing of what has no name', async () => {
    const served = await serve();
    const seen = await listen(served);
    const remote = await openRemoteStore(served.rpc);
    await remote.put(dataset('unnamed'));
    const { digest, manifest } = await remote.put(backbone('w'), { name: 'nano' });
    const weights = manifest.files['model.safetensors']!.digest;
    await expect
      .poll(() => seen.map(({ data }) => data), patient)
      .toEqual([{ artifact: digest, name: 'nano', version: 1, weights }]);
  });

  it('leaves it to a run’s service to tell of the run’s result', async () => {
    const served = await serve();
    const seen = await listen(served);
    const job = await openRemoteStore(served.rpc, { run: 'training-1' });
    const { digest } = await job.put(specialist('head'), { name: 'blood' });
    expect(await served.store.resolve('blood')).toBe(digest);
    await expect(served.client.getName({ kind: 'specialist', name: 'blood' })).rejects.toMatchObject({
      code: 'name_not_found',
    });
    await (await openRemoteStore(served.rpc)).put(dataset('d'), { name: 'after' });
    await expect.poll(() => seen.map(({ about }) => about), patient).toEqual(['after']);
  });

  it('ends with the registry at the store’s newest when writers race', async () => {
    const served = await serve();
    const remote = await openRemoteStore(served.rpc);
    await Promise.all(Array.from({ length: 8 }, (_, i) => remote.put(dataset(String(i)), { name: 'd' })));
    const { versions } = await served.store.history('dataset', 'd');
    expect(versions).toHaveLength(8);
    const record = await served.registry.names.get('dataset', 'd');
    expect(record.versions.at(-1)!.digest).toBe(versions.at(-1)!.digest);
  });

  it('stores nothing of a manifest that is damaged, too large or not complete', async () => {
    const { client, store } = await serve();
    for (const manifestJson of ['', '{}', '[1]', `{"schema":"medlego.artifact/1","kind":"dataset"}`])
      await expect(client.putArtifact({ manifestJson })).rejects.toMatchObject({
        kind: expect.stringMatching(/bad_input|unsupported/) as string,
      });
    await expect(client.putArtifact({ manifestJson: ' '.repeat(2 ** 21 + 1) })).rejects.toMatchObject({
      facts: { field: 'manifest_json' },
    });
    expect(await store.list()).toEqual([]);
  });

  it('takes signatures that are well formed, and no key id that leads elsewhere', async () => {
    const { client, rpc } = await serve();
    const { manifest } = await (await openRemoteStore(rpc)).put(dataset('d'));
    const manifestJson = new TextDecoder().decode(canonicalJson(manifest, 'manifest'));
    const signature = Buffer.alloc(64).toString('base64');
    for (const signatures of [{ '../../x': signature }, { '0123456789abcdef': 'short' }])
      await expect(client.putArtifact({ manifestJson, signatures })).rejects.toMatchObject({ code: 'invalid_value' });
    const signatures = { '0123456789abcdef': signature };
    const { artifact } = await client.putArtifact({ manifestJson, signatures });
    const other = { '0123456789abcdef': Buffer.alloc(64, 1).toString('base64') };
    await client.putArtifact({ manifestJson, signatures: other }); // nobody knows which is right: the first stays
    const found = await client.getArtifact({ ref: artifact!.digest, signatures: true });
    expect(found.artifact!.signatures).toEqual(signatures);
  });
});

describe('reading artifacts', () => {
  it('pages through a listing, whatever comes and goes meanwhile', async () => {
    const { client, rpc, store } = await serve();
    const remote = await openRemoteStore(rpc);
    for (let i = 0; i < 5; i++) await remote.put(dataset(String(i)), i === 4 ? { name: 'last' } : {});
    const all = (await store.list()).map(({ digest }) => digest);
    const first = await client.listArtifacts({ pageSize: 2 });
    expect(first.artifacts.map(({ digest }) => digest)).toEqual(all.slice(0, 2));
    await store.put(dataset('more'));
    const second = await client.listArtifacts({ pageSize: 1000, pageToken: first.nextPageToken });
    expect(second.artifacts.map(({ digest }) => digest)).toEqual(
      (await store.list()).map(({ digest }) => digest).slice(2),
    );
    expect(second.nextPageToken).toBe('');
    expect(second.artifacts.flatMap(({ names }) => names)).toEqual(['last']);
    await expect(client.listArtifacts({ pageSize: 1001 })).rejects.toMatchObject({ facts: { field: 'page_size' } });
    await expect(client.listArtifacts({ kinds: ['model'] })).rejects.toMatchObject({ facts: { field: 'kinds' } });
    await expect(client.listArtifacts({ parent: 'x' })).rejects.toMatchObject({ facts: { field: 'parent' } });
  });

  it('ends a page before it is too large for a message', async () => {
    const { client, store } = await serve();
    const large = (i: number) => ({ ...dataset(String(i)), config: { text: `${i}`.repeat(400_000) } });
    for (let i = 0; i < 6; i++) await store.put(large(i));
    let count = 0;
    let pages = 0;
    for (let pageToken = ''; ; pages++) {
      const page = await client.listArtifacts({ pageToken });
      count += page.artifacts.length;
      pageToken = page.nextPageToken;
      if (pageToken === '') break;
    }
    expect([count, pages + 1]).toEqual([6, 3]);
  });

  it('passes over a damaged manifest, and says so', async () => {
    const driver = createMemoryDriver();
    const store = createArtifactStore({ driver });
    const { client, problems } = await serve({ store });
    const { digest } = await store.put(dataset('1'));
    await store.put(dataset('2'));
    const key = `manifests/sha256/${digest.slice(7)}.json`;
    await driver.delete(key);
    await driver.create(key, text('{}'));
    expect((await client.listArtifacts({})).artifacts).toHaveLength(1);
    expect(problems).toMatchObject([{ code: 'corrupt_blob' }]);
    await expect(client.getArtifact({ ref: digest })).rejects.toMatchObject({ code: 'corrupt_blob' });
  });

  it('gives the lineage as text too, unless shared ancestors would make it endless', async () => {
    const { client, store } = await serve();
    let parents: { digest: `sha256:${string}`; role: string }[] = [];
    for (let level = 0; level < 40; level++) {
      const pair = await Promise.all(['a', 'b'].map((side) => store.put({ ...dataset(`${level}${side}`), parents })));
      if (level === 1) {
        const { lineageJson } = await client.getLineage({ ref: pair[0]!.digest });
        expect(JSON.parse(lineageJson)).toEqual(JSON.parse(JSON.stringify(await store.lineage(pair[0]!.digest))));
      }
      parents = pair.map(({ digest }) => ({ digest, role: 'base' }));
    }
    const { lineageJson, artifacts } = await client.getLineage({ ref: parents[0]!.digest });
    expect(lineageJson).toBe('');
    expect(artifacts).toHaveLength(79);
  });
});

describe('scopes', () => {
  it('keep a reader from writing, and a writer from deleting', async () => {
    const file = join(temporaryFolder(), 'tokens.json');
    const tokenFor = async (subject: string, scopes: Scope[]) => (await addToken(file, { subject, scopes })).token;
    const [reading, publishing] = [await tokenFor('reader', ['read']), await tokenFor('ward-7', ['read', 'publish'])];
    const { connect, registry, rpc } = await serve({ authenticator: staticTokens(file) });
    const [reader, publisher] = [await connect(reading), await connect(publishing)];
    const manifest = {
      schema: 'medlego.artifact/1',
      kind: 'dataset',
      backbone: null,
      tasks: [],
      files: {},
      config: {},
      metrics: {},
    };
    const rest = { parents: [], licences: [], nonCommercial: false, creator };
    const request = { manifestJson: new TextDecoder().decode(canonicalJson({ ...manifest, ...rest }, 'm')), name: 'd' };
    const denied = { code: 'scope_required' };
    await expect(reader.putArtifact(request)).rejects.toMatchObject(denied);
    await expect((await openRemoteStore(rpc)).list()).rejects.toMatchObject({ code: 'unauthenticated' });
    const { artifact } = await publisher.putArtifact(request);
    expect((await registry.names.get('dataset', 'd')).versions[0]).toMatchObject({ by: 'ward-7' });
    expect((await reader.getArtifact({ ref: 'd' })).artifact!.digest).toBe(artifact!.digest);
    await expect(publisher.removeName({ kind: 'dataset', name: 'd' })).rejects.toMatchObject(denied);
    await expect(publisher.collectGarbage({ delete: true })).rejects.toMatchObject(denied);
    await expect(publisher.replayDeadLetter({ id: '1' })).rejects.toMatchObject(denied);
  });
});
