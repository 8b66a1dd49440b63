import { connectNats } from '@medlego/bus/nats';
import { storeTinySpecialists, storeTinyVariant } from '@medlego/workflows/testing';
import { expect, it, onTestFinished, vi } from 'vitest';
import {
  medlego,
  openSite,
  processesOf,
  publishSpecialist,
  sendSignal,
  type Clients,
  type Site,
} from '../src/index.ts';

const tasks = ['blood', 'breast'];
const patience = { timeout: 90_000, interval: 100 };

it('services wait for a broker that is restarted under load, and lose and repeat nothing', async () => {
  const site = await openSite();
  await storeTinySpecialists(site.storeFolder, tasks);
  const [trainer, merger] = [await site.serve('trainer'), await site.serve('merger')];
  const { merging } = await site.clients({ trainer, merger });
  const seen = await follow(site, 'e2e-restart');
  const ids: string[] = [];
  for (let round = 0; round < 3; round++) {
    const work = Array.from({ length: 12 }, (_, i) => submitMerge(merging, `merge-${round}-${i}`, ids.length + i + 1));
    await site.broker.stop(round % 2 ? 'SIGTERM' : 'SIGKILL');
    await vi.waitFor(async () => expect(await merger.status()).toBe(503), patience);
    expect((await fetch(`${merger.admin}/livez`)).status).toBe(200);
    await site.broker.start();
    ids.push(...(await Promise.all(work)));
    await Promise.all([merger.ready(), trainer.ready()]);
  }
  const runs = await site.allEnded(ids);
  expect(runs.map(({ state, attempts }) => ({ state, attempts }))).toEqual(
    ids.map(() => ({ state: 'succeeded', attempts: expect.any(Number) as number })),
  );
  const merged = runs.map(({ artifact }) => artifact);
  await site.hasVersions('g', merged);
  await vi.waitFor(() => expect(seen.filter(({ type }) => type === 'generalist.merged')).toHaveLength(36), patience);
  expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
  await site.hasVersions('g', merged); // still
  expect((await site.store.verify()).problems).toEqual([]);
});

it('takes events that come twice, late or broken for what they are', async () => {
  const site = await openSite();
  await storeTinySpecialists(site.storeFolder, tasks);
  const [trainer, merger] = [await site.serve('trainer'), await site.serve('merger')];
  const { merging } = await site.clients({ trainer, merger });
  const recipe = { method: 'med-lego', paramsJson: '{"threshold":0.9}' };
  await merging.trackTasks({ track: { generalist: 'g', tasks, recipe, autoPromote: false } });
  const versions = async () => (await site.registry.names.history('generalist', 'g')).versions;
  const variants = await Promise.all(
    [0, 1, 2].map((seed) => storeTinyVariant(site.store, 'blood', { adapter: 0.25, seed })),
  );
  await publishSpecialist(await storeTinyVariant(site.store, 'breast', { adapter: 0.25 }), 'breast', site);
  await publishSpecialist(variants[0]!, 'blood', site);
  await vi.waitFor(async () => expect(await versions()).toHaveLength(1), patience);
  await publishSpecialist(variants[1]!, 'blood', site);
  await vi.waitFor(async () => expect(await versions()).toHaveLength(2), patience);

  // No JSON; JSON of another shape; a specialist that is not there.
  const { js, connection } = await connectNats({ servers: site.broker.url, name: 'e2e-poison' });
  onTestFinished(() => connection.close());
  const subject = 'medlego.v1.specialist.poison.published';
  await js.publish(subject, new TextEncoder().encode('{ not json'), { msgID: 'poison-1' });
  await js.publish(subject, new TextEncoder().encode('{"artifact":7}'), { msgID: 'poison-2' });
  // The first version again: under the same id, which the broker drops, and under others, as after its window for repeats has passed.
  const first = (await site.registry.names.get('specialist', 'blood')).versions[0]!;
  const { manifest } = await site.store.get(first.digest);
  const data = {
    ...{ artifact: first.digest, name: 'blood', version: 1, task: 'blood' },
    weights: Object.values(manifest.files)[0]!.digest,
  };
  const repeat = { type: 'specialist.published', about: 'blood', data } as const;
  expect((await site.bus.publish({ ...repeat, id: 'blood-1-published' })).duplicate).toBe(true);
  for (const id of ['late-1', 'late-2']) expect((await site.bus.publish({ ...repeat, id })).duplicate).toBe(false);
  // What comes after all of that is merged as ever.
  await publishSpecialist(variants[2]!, 'blood', site);
  await vi.waitFor(async () => expect(await versions()).toHaveLength(3), patience);

  const letters = await vi.waitFor(async () => {
    const found = (await site.bus.deadLetters.list()).filter(({ durable }) => durable.startsWith('merger-'));
    expect(found).toHaveLength(2);
    return found;
  }, patience);
  for (const { reason, subject: of } of letters)
    expect({ reason, of }).toEqual({ reason: expect.stringMatching(/./), of: subject });
  const listed = await medlego<{ id: string }[]>(site.folder, 'dlq', 'ls', '--remote', trainer.address);
  expect(listed).toHaveLength(2);
  // Replayed without having become any better, it is a dead letter again, and nothing else.
  await site.bus.deadLetters.replay(letters[0]!.id);
  await vi.waitFor(async () => {
    const now = await site.bus.deadLetters.list();
    expect(now).toHaveLength(2);
    expect(now.map(({ id }) => id)).not.toContain(letters[0]!.id);
  }, patience);
  expect(await versions()).toHaveLength(3);
});

it('goes on beside a consumer that is slow and a service that stands still', async () => {
  const site = await openSite();
  await storeTinySpecialists(site.storeFolder, tasks);
  const merger = await site.serve('merger');
  const { merging } = await site.clients({ merger });
  let release = () => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  const slow = await follow(site, 'e2e-slow', () => gate);
  const [pid] = await processesOf(site.folder, 'serve');
  const ids = await Promise.all(Array.from({ length: 10 }, (_, i) => submitMerge(merging, `before-${i}`, i + 1)));
  expect(sendSignal(pid!, 'SIGSTOP')).toBe(true);
  const later = Array.from({ length: 10 }, (_, i) => submitMerge(merging, `meanwhile-${i}`, i + 11));
  // Far more than one delivery holds, for everybody who follows runs.
  const count = 2000;
  await Promise.all(
    Array.from({ length: count }, (_, i) =>
      site.bus.publish({ type: 'generalist.merged', about: 'other', id: `flood-${i}`, data: floodOf(i) }),
    ),
  );
  expect(sendSignal(pid!, 'SIGCONT')).toBe(true);
  ids.push(...(await Promise.all(later)));
  const runs = await site.allEnded(ids);
  expect(runs.map(({ state }) => state)).toEqual(ids.map(() => 'succeeded'));
  expect(slow).toEqual([]);
  release();
  await vi.waitFor(
    () => expect(slow.filter(({ type }) => type === 'generalist.merged')).toHaveLength(count + 20),
    patience,
  );
  expect(new Set(slow.map(({ id }) => id)).size).toBe(slow.length);
  await site.hasVersions(
    'g',
    runs.map(({ artifact }) => artifact),
  );
});

const floodOf = (i: number) => ({
  ...{ artifact: `sha256:${String(i).padStart(64, '0')}`, name: 'other', version: i + 1, members: [] },
});

async function submitMerge(merging: Clients['merging'], requestId: string, number: number): Promise<string> {
  const recipe = {
    method: 'med-lego',
    paramsJson: JSON.stringify({ threshold: 0.5 + number / 1000 }),
    members: tasks.map((specialist) => ({ specialist })),
  };
  return (await merging.submitMerge({ requestId, name: 'g', recipe })).run!.id;
}

/** What happens at a site, each event once it was handled. */
async function follow({ bus }: Site, durable: string, before: () => Promise<void> = () => Promise.resolve()) {
  const seen: { readonly id: string; readonly type: string }[] = [];
  await bus.consume({
    durable,
    types: ['generalist.merged', 'run.succeeded', 'run.failed'],
    handler: async ({ id, type }) => {
      await before();
      seen.push({ id, type });
    },
  });
  return seen;
}
