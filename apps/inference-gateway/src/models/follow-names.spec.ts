import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openArtifactStore, type ArtifactStore } from '@medlego/artifacts';
import { openRegistry, type Registry } from '@medlego/registry';
import { suiteFolder } from '@medlego/testing';
import { openBackboneByDigest, mergeSpecialists } from '@medlego/workflows';
import { storeTinySpecialists } from '@medlego/workflows/testing';
import { createGateway, type Gateway } from '../index.ts';

const folder = suiteFolder();
const by = { by: 'spec', reason: 'because' };
let store: ArtifactStore;
let registry: Registry;
let digests: string[];
let gateway: Gateway;

/** Merges with other weights, so that every version is another one; the store's name moves on with each. */
async function merge(weights: readonly number[]): Promise<string> {
  const backbone = await openBackboneByDigest(store, (await store.get('breast')).manifest.backbone!, []);
  const { artifact } = await mergeSpecialists({
    store,
    backbone,
    members: ['breast', 'knee'].map((ref, i) => ({ ref, weight: weights[i] })),
    recipe: { method: 'linear', params: {} },
    name: 'screening',
  });
  return artifact.digest;
}

beforeAll(async () => {
  await storeTinySpecialists(join(folder, 'store'), ['breast', 'knee']);
  store = await openArtifactStore({ root: join(folder, 'store') });
  registry = await openRegistry({ kind: 'memory' });
  digests = [await merge([1, 1]), await merge([3, 1]), await merge([1, 3])];
  await registry.names.publish('generalist', 'screening', digests[0]!, by);
  // Asking takes an hour: whatever is seen earlier was told by the registry.
  gateway = await createGateway({
    store,
    registry,
    models: ['screening', 'knee'],
    threads: 1,
    followEveryMs: 3_600_000,
  });
}, 60_000);
afterAll(async () => {
  await gateway?.close();
  await registry?.close();
});

const served = (name = 'screening') => gateway.models.slot(name).current?.artifact.digest ?? null;
const ready = async (path: string) => (await fetch(`http://127.0.0.1:${gateway.http.port}${path}`)).status;

describe('a gateway with a registry', () => {
  it('serves no generalist of which no version is promoted, says so, and answers for the others', async () => {
    expect(served()).toBeNull();
    expect(await ready('/v2/models/screening/ready')).toBe(503);
    const body = (await (await fetch(`http://127.0.0.1:${gateway.http.port}/v2/models/screening/ready`)).json()) as {
      error: string;
    };
    expect(body.error).toContain('no version of it is promoted yet');
    expect(await ready('/v2/health/ready')).toBe(200);
    expect(served('knee')).toBe(await store.resolve('knee'));
  });

  it('takes up what is promoted, at once', async () => {
    await registry.names.promote('generalist', 'screening', 1, by);
    await expect.poll(() => served(), { timeout: 20_000 }).toBe(digests[0]);
    expect(await ready('/v2/models/screening/ready')).toBe(200);
  });

  it('serves no version that is newer but refused, however the model is loaded', async () => {
    await registry.names.publish('generalist', 'screening', digests[1]!, by);
    await registry.names.refuse('generalist', 'screening', 2, by);
    expect(await gateway.models.load('screening')).toMatchObject({ artifact: { digest: digests[0] } });
    await registry.names.publish('generalist', 'screening', digests[2]!, by);
    await registry.names.promote('generalist', 'screening', 3, by);
    await expect.poll(() => served(), { timeout: 20_000 }).toBe(digests[2]);
  });

  it('goes back with the registry, and forward again', async () => {
    await registry.names.rollBack('generalist', 'screening', undefined, by);
    await expect.poll(() => served(), { timeout: 20_000 }).toBe(digests[0]);
    await registry.names.promote('generalist', 'screening', 3, by);
    await expect.poll(() => served(), { timeout: 20_000 }).toBe(digests[2]);
  });

  it('leaves a version that was rolled back here until the registry has left it too', async () => {
    await gateway.models.rollback('screening');
    expect(served()).toBe(digests[0]);
    await registry.names.rollBack('generalist', 'screening', 1, by); // agrees
    await expect.poll(() => gateway.models.slot('screening').rejected, { timeout: 20_000 }).toBeNull();
    await registry.names.promote('generalist', 'screening', 3, by);
    await expect.poll(() => served(), { timeout: 20_000 }).toBe(digests[2]);
  });

  it('follows the newest version of a specialist', async () => {
    const other = await store.resolve('breast');
    await registry.names.publish('specialist', 'knee', await store.resolve('knee'), by);
    await registry.names.publish('specialist', 'knee', other, by);
    await expect.poll(() => served('knee'), { timeout: 20_000 }).toBe(other);
  });

  it('does not keep a name that nobody knows', async () => {
    await expect(gateway.models.load('nobody')).rejects.toMatchObject({ kind: 'not_found' });
    expect(gateway.models.slots.has('nobody')).toBe(false);
    expect(await ready('/v2/health/ready')).toBe(200);
  });
});

it('serves what the store points at where the registry knows nothing', async () => {
  const empty = await openRegistry({ kind: 'memory' });
  const plain = await createGateway({ store, registry: empty, models: ['screening'], threads: 1 });
  expect(plain.models.current('screening').artifact.digest).toBe(digests[2]);
  await plain.close();
  await empty.close();
});
