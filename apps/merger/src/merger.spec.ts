import { join } from 'node:path';
import { connectBus } from '@medlego/bus';
import { MergingDefinition, RunKind, RunState, type Run } from '@medlego/contracts/rpc';
import { openRegistry } from '@medlego/registry';
import { connectRpc, rpcService, startRpcServer } from '@medlego/rpc';
import { hasServer, startNatsServer, suiteFolder, temporaryFolder, type NatsServer } from '@medlego/testing';
import { storeTinySpecialists, storeTinyVariant } from '@medlego/workflows/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createMerger } from './merger.ts';
import { mergingScopes } from './merging-service.ts';
import { publishSpecialist } from './testing/publish-specialist.ts';

/** Replicas over one store, and over one broker if there is its address; the first one serves gRPC. */
async function platform({ replicas = 1, nats = '' } = {}) {
  const store = await storeTinySpecialists(join(temporaryFolder(), 'store'), ['blood', 'breast', 'derma']);
  const bucket = `merger-${performance.now()}`.replace('.', '-');
  const open = async () => ({
    bus: await connectBus(nats ? { kind: 'nats', servers: nats, name: 'test', source: 'test' } : inProcess),
    registry: await openRegistry(nats ? { kind: 'nats', servers: nats, name: 'test', bucket } : { kind: 'memory' }),
  });
  const parts = nats ? await Promise.all(Array.from({ length: replicas }, open)) : [await open()];
  const problems: unknown[] = [];
  const mergers = Array.from({ length: replicas }, (_, index) => {
    const { bus, registry } = parts[index % parts.length]!;
    return createMerger({ bus, registry, store, onProblem: (error) => problems.push(error) });
  });
  const { bus, registry } = parts[0]!;
  const service = rpcService(MergingDefinition, mergers[0]!.service, { scopes: mergingScopes });
  const server = await startRpcServer({ services: [service] });
  const rpc = await connectRpc({ address: server.address });
  const merging = rpc.client(MergingDefinition);
  const seen: { id: string; type: string; data: unknown }[] = [];
  const subscription = await bus.consume({
    durable: 'test-all',
    types: ['run.requested', 'run.started', 'run.succeeded', 'run.cancelled', 'generalist.merged'],
    handler: async ({ id, type, data }) => void seen.push({ id, type, data }),
  });
  onTestFinished(async () => {
    await rpc.close();
    await server.close();
    await Promise.all(mergers.map((merger) => merger.close()));
    await subscription.stop();
    for (const part of parts) {
      await part.bus.close();
      await part.registry.close();
    }
    expect(problems).toEqual([]);
  });
  const inState = async (id: string, state: RunState): Promise<Run> => {
    for await (const { run } of merging.watchMerges({ filter: { ids: [id] } })) if (run!.state === state) return run!;
    throw new Error('the watch ended');
  };
  const eventually = (check: () => unknown) =>
    expect.poll(async () => (await check(), true), { timeout: 20_000 }).toBe(true);
  const versions = async () => (await registry.names.get('generalist', 'g')).versions;
  /** Publishes a new specialist of a task. */
  const publish = async (task: string, { name = task, adapter = tame, seed = 0 } = {}) =>
    publishSpecialist(await storeTinyVariant(store, task, { adapter, seed }), name, { bus, registry, store });
  return { store, bus, registry, mergers, merging, seen, inState, eventually, versions, publish };
}

/** The tiny specialists are wild: theirs are updates larger than the weights. */
const tame = 0.25;
const inProcess = { kind: 'in-process', source: 'test' } as const;
const recipe = { method: 'med-lego', paramsJson: '{"threshold":0.9}' };
const members = [{ specialist: 'blood' }, { specialist: 'breast', weight: 0.5 }];

describe('merger', () => {
  it('takes a merge to its generalist, and says each thing once', async () => {
    const { store, mergers, merging, seen, inState, eventually, versions } = await platform({ replicas: 2 });
    for (const merger of mergers) merger.start();
    const request = { requestId: 'm1', name: 'g', recipe: { ...recipe, members } };
    const { id } = (await merging.submitMerge(request)).run!;
    const done = await inState(id, RunState.RUN_STATE_SUCCEEDED);
    expect((await merging.submitMerge(request)).run!.id).toBe(id);
    expect(done).toMatchObject({ attempts: 1, name: 'g', kind: RunKind.RUN_KIND_MERGING });
    const generalist = await store.get('g', { kind: 'generalist' });
    expect(done.artifact).toBe(generalist.digest);
    await eventually(() =>
      expect(seen.map((event) => event.id)).toEqual(
        [`requested`, `started-1`, `merged`, `succeeded`].map((what) => `${id}-${what}`),
      ),
    );
    expect(await versions()).toMatchObject([{ version: 1, digest: generalist.digest }]);
    expect((await merging.listMerges({})).runs.map((run) => run.id)).toEqual([id]);
    expect((await merging.getMerge({ id })).run!.specJson).toContain('"weight":0.5');
  });

  it('gives a merge no second version when a crash has it publish again', async () => {
    const { registry, mergers, merging, inState, eventually, versions, seen } = await platform({ replicas: 2 });
    mergers[0]!.start();
    for (const method of ['med-lego', 'average']) {
      const request = { requestId: method, name: 'g', recipe: { method, members } };
      await inState((await merging.submitMerge(request)).run!.id, RunState.RUN_STATE_SUCCEEDED);
    }
    const marks = () => registry.documents.list('announced');
    await eventually(async () => expect(await marks()).toHaveLength(2));
    const told = seen.length;
    for (const { key, revision } of await marks()) await registry.documents.delete(key, revision);
    mergers[1]!.start();
    await eventually(async () => expect(await marks()).toHaveLength(2));
    expect(await versions()).toHaveLength(2);
    expect(seen).toHaveLength(told);
  });

  it('keeps to what names stood for when the request came first', async () => {
    const { store, merging } = await platform();
    const request = { requestId: 'm1', name: 'g', recipe: { ...recipe, members } };
    const { id, specJson } = (await merging.submitMerge(request)).run!;
    await store.setName('specialist', 'blood', (await store.get('derma')).digest);
    expect((await merging.submitMerge(request)).run).toMatchObject({ id, specJson });
    await expect(merging.submitMerge({ ...request, name: 'other' })).rejects.toMatchObject({
      code: 'invalid_value',
      facts: { field: 'requestId' },
    });
  });

  it('refuses what cannot be merged when it is submitted, by name', async () => {
    const { merging } = await platform();
    const submit = (change: object, name = 'g') =>
      merging.submitMerge({ requestId: 'r', name, recipe: { ...recipe, members, ...change } });
    await expect(submit({ method: 'magic' })).rejects.toMatchObject({ code: 'unknown_merge_method' });
    await expect(submit({ paramsJson: '{"treshold":1}' })).rejects.toThrow('treshold');
    await expect(submit({ paramsJson: '[1]' })).rejects.toThrow('recipe.params_json: expected one JSON object');
    await expect(submit({ space: 'outer' })).rejects.toMatchObject({ code: 'unsupported_merge_space' });
    await expect(submit({ members: [] })).rejects.toThrow('recipe.members');
    await expect(submit({ members: [{ specialist: 'gone' }] })).rejects.toMatchObject({ code: 'artifact_not_found' });
    await expect(submit({ members: [members[0]!, members[0]!] })).rejects.toMatchObject({ code: 'duplicate_member' });
    await expect(submit({ members: [{ specialist: 'blood', weight: NaN }] })).rejects.toThrow('weight of blood');
    await expect(submit({ refitHeads: true })).rejects.toThrow('medlego refit');
    await expect(submit({}, 'No Name')).rejects.toMatchObject({ code: 'invalid_value', facts: { field: 'name' } });
    await expect(merging.submitMerge({ requestId: 'r', name: 'g' })).rejects.toThrow('recipe: expected a recipe');
    expect((await merging.listMerges({})).runs).toEqual([]);
  });

  it('cancels a merge that waits', async () => {
    const { mergers, merging, inState } = await platform();
    const { id } = (await merging.submitMerge({ requestId: 'm', name: 'g', recipe: { ...recipe, members } })).run!;
    expect((await merging.cancelMerge({ id, reason: 'no' })).run!.cancelRequested).toBe(true);
    mergers[0]!.start();
    await inState(id, RunState.RUN_STATE_CANCELLED);
    expect((await merging.cancelMerge({ id })).run!.state).toBe(RunState.RUN_STATE_CANCELLED);
  });

  it('describes its methods with schemas of their parameters', async () => {
    const { methods } = await (await platform()).merging.listMergeMethods({});
    const medLego = methods.find(({ id }) => id === 'med-lego')!;
    expect(medLego).toMatchObject({ needsData: false, spaces: ['core', 'full'] });
    expect(JSON.parse(medLego.paramsSchemaJson)).toMatchObject({ properties: { threshold: { type: 'number' } } });
    expect(methods.find(({ id }) => id === 'fisher')!.needsData).toBe(true);
  });
});

describe('a generalist that follows tasks', () => {
  const track = { generalist: 'g', tasks: ['breast', 'blood'], recipe, autoPromote: true };

  it('is merged as soon as every task has a specialist, and again with each newer one', async () => {
    const { mergers, merging, eventually, versions, publish, seen } = await platform();
    await publish('blood'); // before anybody follows it
    const { track: stored } = await merging.trackTasks({ track });
    expect((await merging.listTracks({})).tracks).toEqual([stored]);
    expect(stored).toMatchObject({ tasks: ['blood', 'breast'], autoPromote: true });
    mergers[0]!.start();
    await publish('derma');
    const breast = await publish('breast');
    await eventually(async () => expect(await versions()).toHaveLength(1));
    const newer = await publish('blood', { name: 'blood-again', seed: 2 });
    await eventually(async () => expect(await versions()).toHaveLength(2));
    await eventually(() => expect(seen.filter(({ type }) => type === 'generalist.merged')).toHaveLength(2));
    expect(seen.findLast(({ type }) => type === 'generalist.merged')!.data).toMatchObject({
      name: 'g',
      version: 2,
      members: [
        { name: 'blood', artifact: newer.artifact },
        { name: 'breast', artifact: breast.artifact },
      ],
    });
    await publish('blood'); // a version that is there: nothing new
    await merging.trackTasks({ track: { generalist: 'g', tasks: [] } });
    expect((await merging.listTracks({})).tracks).toEqual([]);
    expect(await versions()).toHaveLength(2);
  });

  it('takes no specialist that would drown the others, and says why', async () => {
    const { registry, mergers, merging, eventually, versions, publish } = await platform();
    await merging.trackTasks({ track });
    mergers[0]!.start();
    await publish('blood');
    await publish('breast');
    await eventually(async () => expect(await versions()).toHaveLength(1));
    for (const [version, factor, reason] of [
      [2, 10, 'expected an update of norm at most'],
      [3, NaN, 'expected finite numbers'],
    ] as const) {
      await publish('blood', { adapter: factor });
      await eventually(async () =>
        expect((await registry.names.get('specialist', 'blood')).decisions).toContainEqual(
          expect.objectContaining({ outcome: 'refused', version, reason: expect.stringContaining(reason) as string }),
        ),
      );
    }
    expect(await versions()).toHaveLength(1);
    expect((await merging.listMerges({})).runs).toHaveLength(1);
  });

  it('gives no version to a merge that a newer one has overtaken', async () => {
    const { registry, mergers, merging, inState, eventually, versions, publish } = await platform();
    await publish('blood');
    await publish('breast');
    await merging.trackTasks({ track });
    const [older] = (await merging.listMerges({})).runs;
    await merging.trackTasks({ track: { ...track, recipe: { method: 'average', paramsJson: '' } } });
    const [newer] = (await merging.listMerges({})).runs.filter(({ id }) => id !== older!.id);
    mergers[0]!.start();
    const cancelled = await inState(older!.id, RunState.RUN_STATE_CANCELLED);
    expect((await registry.runs.get(cancelled.id)).cancelReason).toContain('newer merge of g');
    const { artifact } = await inState(newer!.id, RunState.RUN_STATE_SUCCEEDED);
    await eventually(async () => expect(await versions()).toMatchObject([{ version: 1, digest: artifact }]));
  });

  it('is replaced only by who has seen what it is, and tracks nothing impossible', async () => {
    const { merging } = await platform();
    const { revision } = (await merging.trackTasks({ track })).track!;
    const changed = (await merging.trackTasks({ track: { ...track, tasks: ['blood'], revision } })).track!;
    await expect(merging.trackTasks({ track: { ...track, revision } })).rejects.toMatchObject({
      code: 'revision_conflict',
    });
    expect((await merging.listTracks({})).tracks).toEqual([changed]);
    await expect(merging.trackTasks({ track: { ...track, tasks: ['a', 'a'] } })).rejects.toThrow('track.tasks.1');
    await expect(merging.trackTasks({ track: { ...track, recipe: { ...recipe, members } } })).rejects.toThrow(
      'follow from the tasks',
    );
  });
});

const folder = suiteFolder();
let nats: NatsServer;
describe.skipIf(!hasServer('nats-server'))('two mergers on a broker', () => {
  beforeAll(async () => {
    nats = await startNatsServer({ storeFolder: folder });
  });
  afterAll(() => nats?.stop());

  it('give one version to what both of them notice', async () => {
    const { mergers, merging, seen, eventually, versions, publish } = await platform({ replicas: 2, nats: nats.url });
    for (const merger of mergers) merger.start();
    await merging.trackTasks({ track: { generalist: 'g', tasks: ['blood', 'breast', 'derma'], recipe } });
    await Promise.all(['blood', 'breast', 'derma'].map((name) => publish(name)));
    await eventually(() => expect(seen.map(({ type }) => type)).toContain('run.succeeded'));
    await eventually(async () =>
      expect((await merging.listMerges({})).runs.map(({ state }) => state)).toEqual([RunState.RUN_STATE_SUCCEEDED]),
    );
    expect(await versions()).toHaveLength(1);
    for (const type of ['run.requested', 'run.started', 'generalist.merged', 'run.succeeded'])
      expect(seen.filter((event) => event.type === type)).toHaveLength(1);
  });
});
