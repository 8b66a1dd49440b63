import { describe, expect, it, onTestFinished } from 'vitest';
import type { Change, KeyValue } from '../key-value/key-value.ts';
import { createRegistry } from '../registry.ts';
import type { RunDraft } from '../runs/run-registry.ts';

let buckets = 0;
const digest = (n: number) => `sha256:${n.toString(16).padStart(64, '0')}`;

async function take<T>(iterable: AsyncIterable<T>, count: number): Promise<T[]> {
  const items: T[] = [];
  if (count > 0)
    for await (const item of iterable) {
      items.push(item);
      if (items.length === count) break;
    }
  return items;
}

/**
 * What every key-value driver, and a registry over it, must do; run on each implementation.
 * @param open opens a bucket; the same name is the same bucket
 */
export function describeRegistry(name: string, open: (bucket: string) => Promise<KeyValue>): void {
  const setUp = async () => {
    const bucket = `b-${process.pid}-${++buckets}`;
    const openAgain = async () => {
      const store = await open(bucket);
      onTestFinished(() => store.close());
      return store;
    };
    const store = await openAgain();
    let now = Date.UTC(2026, 0, 1);
    return { store, openAgain, registry: createRegistry(store, () => now++) };
  };
  const draft = (requestId: string, more: Partial<RunDraft> = {}): RunDraft => ({
    kind: 'training',
    requestId,
    name: 'pneumonia',
    spec: { dataset: 'pneumoniamnist', settings: { lr: '1e-4' } },
    ...more,
  });

  describe(`key-value ${name}`, () => {
    it('gives back what was created, once, and nothing for what is not there', async () => {
      const { store } = await setUp();
      expect(await store.get('run.a')).toBeUndefined();
      const revision = await store.create('run.a', { x: 'ü', list: [1, null] });
      expect(await store.get('run.a')).toEqual({ key: 'run.a', revision, value: { x: 'ü', list: [1, null] } });
      expect(await store.create('run.a', {})).toBeUndefined();
      expect((await store.get('run.a'))!.revision).toBe(revision);
    });

    it('updates and deletes only what is at the revision that the writer saw', async () => {
      const { store } = await setUp();
      const first = (await store.create('a', 1))!;
      const second = (await store.update('a', 2, first))!;
      expect(second).toBeGreaterThan(first);
      expect(await store.update('a', 3, first)).toBeUndefined();
      expect(await store.delete('a', first)).toBe(false);
      expect(await store.update('b', 1, first)).toBeUndefined();
      expect(await store.get('a')).toMatchObject({ value: 2, revision: second });
      expect(await store.delete('a', second)).toBe(true);
      expect(await store.get('a')).toBeUndefined();
      expect(await store.delete('a', second)).toBe(false);
      expect(await store.update('a', 3, second)).toBeUndefined();
      expect(await store.create('a', 4)).toBeGreaterThan(second);
    });

    it('lets exactly one of many writers create or update a key', async () => {
      const { store } = await setUp();
      const created = await Promise.all(Array.from({ length: 8 }, (_, i) => store.create('a', i)));
      const revisions = created.filter((revision) => revision !== undefined);
      expect(revisions).toHaveLength(1);
      expect((await store.get('a'))!.value).toBe(created.indexOf(revisions[0]));
      const updated = await Promise.all(Array.from({ length: 8 }, (_, i) => store.update('a', 100 + i, revisions[0]!)));
      expect(updated.filter((revision) => revision !== undefined)).toHaveLength(1);
    });

    it('lists what lies under a word, sorted, without what was deleted', async () => {
      const { store } = await setUp();
      for (const key of ['n.b', 'n.a', 'n.c', 'na.x', 'm.a']) await store.create(key, key);
      await store.delete('n.c', (await store.get('n.c'))!.revision);
      expect((await store.list('n')).map(({ key, value }) => [key, value])).toEqual([
        ['n.a', 'n.a'],
        ['n.b', 'n.b'],
      ]);
      expect(await store.list('none')).toEqual([]);
    });

    it('watches: what is there first, then every change, and again from a revision', async () => {
      const { store } = await setUp();
      await store.create('w.a', 1);
      await store.create('other.a', 0);
      const b = (await store.create('w.b', 1))!;
      const told: Change[] = [];
      const watching = (async () => {
        for await (const change of store.watch({ under: 'w' })) {
          told.push(change);
          if (told.length === 2) await store.update('w.b', 2, b);
          if (told.length === 3) await store.delete('w.b', change.revision);
          if (told.length === 4) return;
        }
      })();
      await watching;
      expect(told.map((change) => [change.key, change.deleted ? 'deleted' : change.value])).toEqual([
        ['w.a', 1],
        ['w.b', 1],
        ['w.b', 2],
        ['w.b', 'deleted'],
      ]);
      await store.create('w.c', 3);
      const resumed = await take(store.watch({ under: 'w', after: told[2]!.revision }), 2);
      expect(resumed.map(({ key, deleted }) => [key, deleted])).toEqual([
        ['w.b', true],
        ['w.c', false],
      ]);
    });

    it('ends a watch with its signal, whether or not anything was told', async () => {
      const { store } = await setUp();
      const stop = new AbortController();
      const watching = take(store.watch({ under: 'w', signal: stop.signal }), 1);
      await store.create('x.y', 1);
      stop.abort();
      expect(await watching).toEqual([]);
    });

    it('refuses keys that a driver could not hold, and documents that are too large', async () => {
      const { store } = await setUp();
      for (const key of ['', 'A', 'a b', 'a.', '.a', 'a..b', 'a/b', '*', 'a.>', 'x'.repeat(251)])
        await expect((async () => store.create(key, 1))()).rejects.toMatchObject({
          code: 'invalid_value',
          facts: { field: 'key' },
        });
      await expect((async () => store.create('a', 'x'.repeat(1e6)))()).rejects.toMatchObject({ code: 'invalid_value' });
    });
  });

  describe(`registry ${name}`, () => {
    it('records a run once, whoever submits it and however often', async () => {
      const { registry, openAgain } = await setUp();
      const other = createRegistry(await openAgain());
      const outcomes = await Promise.all(
        Array.from({ length: 6 }, (_, i) => (i % 2 ? registry : other).runs.submit(draft('req-1'))),
      );
      expect(outcomes.filter(({ created }) => created)).toHaveLength(1);
      expect(new Set(outcomes.map(({ run }) => run.id)).size).toBe(1);
      const { run } = outcomes[0]!;
      expect(await other.runs.get(run.id)).toMatchObject({ state: 'requested', attempts: 0, requestId: 'req-1' });
      await expect(registry.runs.submit(draft('req-1', { name: 'other' }))).rejects.toMatchObject({
        facts: { field: 'requestId' },
      });
      await expect(registry.runs.submit(draft('../x'))).rejects.toMatchObject({ code: 'invalid_value' });
      await expect(registry.runs.get('training-none')).rejects.toMatchObject({ code: 'run_not_found' });
    });

    it('takes a run through its states, and lets a racing pair of writers both be right', async () => {
      const { registry, openAgain } = await setUp();
      const other = createRegistry(await openAgain());
      const { run } = await registry.runs.submit(draft('req-2'));
      const both = (change: Parameters<typeof registry.runs.change>[1]) =>
        Promise.all([registry.runs.change(run.id, change), other.runs.change(run.id, change)]);
      await both({ type: 'queue', afterAttempt: 0 });
      const started = await both({ type: 'start', attempt: 1 });
      expect(started.filter(({ changed }) => changed)).toHaveLength(1);
      await both({ type: 'progress', attempt: 1, progress: { fraction: 0.5, lastLoss: 0.25, checkpoint: digest(1) } });
      await both({ type: 'succeed', artifact: digest(2) });
      expect(await registry.runs.get(run.id)).toMatchObject({
        state: 'succeeded',
        attempts: 1,
        artifact: digest(2),
        progress: { fraction: 1, lastLoss: 0.25, checkpoint: digest(1) },
      });
      await expect(registry.runs.change(run.id, { type: 'cancel' })).rejects.toMatchObject({ code: 'run_transition' });
    });

    it('lists runs newest first, page by page, and by what they are', async () => {
      const { registry } = await setUp();
      for (let i = 0; i < 5; i++)
        await registry.runs.submit(
          draft(`req-${i}`, { sweep: i < 3 ? 'sweep-1' : undefined, labels: { seed: `${i}` } }),
        );
      const first = await registry.runs.list({}, { limit: 2 });
      const second = await registry.runs.list({}, { limit: 2, after: first.next! });
      const third = await registry.runs.list({}, { limit: 2, after: second.next! });
      const ids = [first, second, third].map(({ runs }) => runs.map(({ requestId }) => requestId));
      expect(ids).toEqual([['req-4', 'req-3'], ['req-2', 'req-1'], ['req-0']]);
      expect(third.next).toBeNull();
      expect((await registry.runs.list({ sweep: 'sweep-1' })).runs).toHaveLength(3);
      expect((await registry.runs.list({ labels: { seed: '4' }, states: ['requested'] })).runs).toHaveLength(1);
      expect((await registry.runs.list({ kinds: ['merging'] })).runs).toEqual([]);
    });

    it('watches runs by what they are, from a revision on', async () => {
      const { registry } = await setUp();
      const a = (await registry.runs.submit(draft('a'))).run;
      const b = (await registry.runs.submit(draft('b', { kind: 'merging' }))).run;
      await registry.runs.change(a.id, { type: 'start', attempt: 1 });
      const [only] = await take(registry.runs.watch({ kinds: ['merging'] }), 1);
      expect(only).toMatchObject({ id: b.id, revision: b.revision });
      const [next] = await take(registry.runs.watch({}, { after: b.revision }), 1);
      expect(next).toMatchObject({ id: a.id, state: 'running' });
    });

    it('numbers the versions of a name, and two racing publishers get one each', async () => {
      const { registry, openAgain } = await setUp();
      const other = createRegistry(await openAgain());
      const published = await Promise.all([
        registry.names.publish('specialist', 'chest.x-ray', digest(1), { by: 'a' }),
        other.names.publish('specialist', 'chest.x-ray', digest(2), { by: 'b' }),
        other.names.publish('specialist', 'chest.x-ray', digest(2), { by: 'b' }),
      ]);
      const record = await registry.names.get('specialist', 'chest.x-ray');
      expect(record.versions.map(({ version }) => version)).toEqual(record.versions.map((_, i) => i + 1));
      for (const { version, digest: d } of published)
        expect(record.versions[version - 1]).toMatchObject({ version, digest: d });
      const newest = record.versions.at(-1)!.digest;
      expect((await registry.names.publish('specialist', 'chest.x-ray', newest, { by: 'c' })).version).toBe(
        record.versions.length,
      );
      await expect(
        registry.names.publish('specialist', 'chest.x-ray', digest(3), { by: 'a', expected: digest(9) }),
      ).rejects.toMatchObject({ code: 'revision_conflict' });
      await expect(
        registry.names.publish('specialist', 'chest.x-ray', digest(3), { by: 'a', expected: null }),
      ).rejects.toMatchObject({ code: 'revision_conflict' });
      expect((await registry.names.list({ kinds: ['specialist'] })).names.map((found) => found.name)).toEqual([
        'chest.x-ray',
      ]);
      await expect(registry.names.get('specialist', 'none')).rejects.toMatchObject({ code: 'name_not_found' });
      await expect(registry.names.get('specialist', 'a/../b')).rejects.toMatchObject({ code: 'invalid_value' });
    });

    it('promotes, refuses and rolls back, keeping each reason, and says nothing twice', async () => {
      const { registry } = await setUp();
      const { names } = registry;
      for (const n of [1, 2, 3]) await names.publish('generalist', 'chest', digest(n), { by: 'merger' });
      const by = { by: 'evaluator', reason: 'gate passed', report: digest(50) };
      await names.promote('generalist', 'chest', 1, { ...by, expectedServing: null });
      await names.promote('generalist', 'chest', 2, { ...by, expectedServing: 1 });
      const again = await names.promote('generalist', 'chest', 2, by);
      expect(again).toMatchObject({ outcome: 'promoted', version: 2, previous: 1 });
      const no = { by: 'evaluator', reason: 'breast lost 3 points', report: digest(51) };
      await names.refuse('generalist', 'chest', 3, no);
      await names.refuse('generalist', 'chest', 3, no);
      await expect(names.promote('generalist', 'chest', 3, { ...by, expectedServing: 1 })).rejects.toMatchObject({
        code: 'revision_conflict',
      });
      expect((await names.get('generalist', 'chest')).serving).toBe(2);
      const back = await names.rollBack('generalist', 'chest', undefined, { by: 'ada', reason: 'looks odd' });
      expect(back).toMatchObject({
        outcome: 'rolled-back',
        version: 1,
        previous: 2,
        report: null,
        reason: 'looks odd',
      });
      const { decisions, serving } = await names.history('generalist', 'chest');
      expect(serving).toBe(1);
      expect(decisions.map(({ outcome, version }) => [outcome, version])).toEqual([
        ['promoted', 1],
        ['promoted', 2],
        ['refused', 3],
        ['rolled-back', 1],
      ]);
      await expect(names.promote('generalist', 'chest', 4, by)).rejects.toMatchObject({ code: 'name_not_found' });
      const [told] = await take(names.watch(), 1);
      expect(told).toMatchObject({ name: 'chest', serving: 1 });
    });

    it('refuses to roll back where nothing was served before', async () => {
      const { registry } = await setUp();
      await registry.names.publish('generalist', 'new', digest(1), { by: 'x' });
      const why = { by: 'x', reason: 'r' };
      await expect(registry.names.rollBack('generalist', 'new', undefined, why)).rejects.toThrow('none that is served');
      await registry.names.promote('generalist', 'new', 1, why);
      await expect(registry.names.rollBack('generalist', 'new', undefined, why)).rejects.toThrow(
        'version 1 as the first',
      );
    });
  });
}
