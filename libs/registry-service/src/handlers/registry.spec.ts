import { join } from 'node:path';
import { addToken, staticTokens, type Scope } from '@medlego/access';
import { RunKind, RunState } from '@medlego/contracts/rpc';
import { InvalidValueError } from '@medlego/errors';
import { resumeWatch } from '@medlego/rpc';
import { digestBytes } from '@medlego/tensors';
import { temporaryFolder } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { serve } from '../testing/serve.ts';

const digest = (text: string) => digestBytes(new TextEncoder().encode(text));
const by = 'test';

/** The first of a stream, which then ends. */
async function take<T>(stream: AsyncIterable<T>, count: number): Promise<T[]> {
  const found: T[] = [];
  for await (const item of stream) if (found.push(item) === count) break;
  return found;
}

describe('names over gRPC', () => {
  it('come in pages, with versions and what is served', async () => {
    const { client, registry } = await serve();
    for (const name of ['a', 'b', 'c']) await registry.names.publish('generalist', name, digest(name), { by });
    await registry.names.publish('dataset', 'd', digest('d'), { by });
    await registry.names.publish('generalist', 'b', digest('b2'), { by });
    await registry.names.promote('generalist', 'b', 2, { by, reason: 'good' });
    const first = await client.listNames({ kinds: ['generalist'], pageSize: 2 });
    const rest = await client.listNames({ kinds: ['generalist'], pageSize: 2, pageToken: first.nextPageToken });
    expect([...first.names, ...rest.names].map(({ name, serving }) => [name, serving])).toEqual([
      ['a', 0],
      ['b', 2],
      ['c', 0],
    ]);
    expect(rest.nextPageToken).toBe('');
    const { name } = await client.getName({ kind: 'generalist', name: 'b' });
    expect(name!.versions.map(({ version, digest: id }) => [version, id])).toEqual([
      [1, digest('b')],
      [2, digest('b2')],
    ]);
    await expect(client.getName({ kind: 'generalist', name: 'z' })).rejects.toMatchObject({ code: 'name_not_found' });
  });

  it('are watched from a revision on, without a gap or a repeat', async () => {
    const { client, registry } = await serve();
    await registry.names.publish('generalist', 'g', digest('1'), { by });
    await registry.names.publish('dataset', 'other', digest('x'), { by });
    const filter = { kinds: ['generalist'], names: ['g', 'h'] };
    const [before] = await take(client.watchNames(filter), 1);
    await registry.names.publish('generalist', 'h', digest('2'), { by });
    await registry.names.promote('generalist', 'g', 1, { by, reason: '' });
    const after = await take(client.watchNames({ ...filter, afterRevision: before!.name!.revision }), 2);
    expect(after.map(({ name }) => [name!.name, name!.versions.length, name!.serving])).toEqual([
      ['h', 1, 0],
      ['g', 1, 1],
    ]);
    const resumed = resumeWatch((afterRevision) => client.watchNames({ ...filter, afterRevision }), {
      revisionOf: ({ name }) => name!.revision,
      after: after.at(-1)!.name!.revision,
    });
    const next = take(resumed, 1);
    await registry.names.publish('generalist', 'g', digest('3'), { by });
    expect((await next)[0]!.name!.versions).toHaveLength(2);
  });
});

describe('runs over gRPC', () => {
  const run = (requestId: string, kind: 'training' | 'merging') => ({ kind, requestId, name: requestId, spec: {} });

  it('of every kind are listed, got and watched', async () => {
    const { client, registry } = await serve();
    const { run: training } = await registry.runs.submit(run('t', 'training'));
    const { run: merging } = await registry.runs.submit(run('m', 'merging'));
    const all = await client.listRuns({});
    expect(all.runs.map(({ id }) => id).sort()).toEqual([training.id, merging.id].sort());
    const first = await client.listRuns({ pageSize: 1 });
    const second = await client.listRuns({ pageSize: 1, pageToken: first.nextPageToken });
    expect([...first.runs, ...second.runs]).toEqual(all.runs);
    expect((await client.getRun({ id: merging.id })).run).toMatchObject({ kind: RunKind.RUN_KIND_MERGING, name: 'm' });
    const filter = { kinds: [RunKind.RUN_KIND_TRAINING] };
    const changes = take(client.watchRuns({ filter, afterRevision: merging.revision }), 1);
    await registry.runs.change(merging.id, { type: 'queue', afterAttempt: 0 });
    await registry.runs.change(training.id, { type: 'queue', afterAttempt: 0 });
    expect((await changes)[0]!.run).toMatchObject({ id: training.id, state: RunState.RUN_STATE_QUEUED });
    await expect(client.getRun({ id: 'training-0' })).rejects.toMatchObject({ code: 'run_not_found' });
    await expect(client.listRuns({ filter: { states: [99 as RunState] } })).rejects.toMatchObject({
      code: 'invalid_value',
    });
  });

  it('are cancelled by those who may start their kind', async () => {
    const file = join(temporaryFolder(), 'tokens.json');
    const tokenFor = async (subject: string, scopes: Scope[]) => (await addToken(file, { subject, scopes })).token;
    const token = await tokenFor('trainer', ['read', 'train']);
    const { connect, registry } = await serve({ authenticator: staticTokens(file) });
    const client = await connect(token);
    const { run: training } = await registry.runs.submit(run('t', 'training'));
    const { run: merging } = await registry.runs.submit(run('m', 'merging'));
    await expect(client.cancelRun({ id: merging.id })).rejects.toMatchObject({ code: 'scope_required' });
    const { run: cancelled } = await client.cancelRun({ id: training.id, reason: 'enough' });
    expect(cancelled).toMatchObject({ id: training.id, cancelRequested: true });
    expect((await registry.runs.get(training.id)).cancelReason).toBe('enough');
  });
});

describe('dead letters over gRPC', () => {
  it('are listed, shown, replayed and removed', async () => {
    const { bus, client } = await serve();
    let isRepaired = false;
    const handled: string[] = [];
    await bus.consume({
      durable: 'app-test',
      types: ['dataset.published'],
      handler: async ({ id }) => {
        if (!isRepaired) throw new InvalidValueError({ field: 'x', expected: '1', actual: 2 });
        handled.push(id);
      },
    });
    for (const name of ['a', 'b', 'c'])
      await bus.publish({
        type: 'dataset.published',
        about: name,
        id: name,
        data: { artifact: digest(name), name, version: 1 },
      });
    await expect.poll(async () => (await client.listDeadLetters({})).letters.length, { timeout: 10_000 }).toBe(3);
    const first = await client.listDeadLetters({ durable: 'app-test', pageSize: 2 });
    const second = await client.listDeadLetters({ durable: 'app-test', pageSize: 2, pageToken: first.nextPageToken });
    expect([...first.letters, ...second.letters].map(({ eventId }) => eventId)).toEqual(['a', 'b', 'c']);
    expect(second.nextPageToken).toBe('');
    expect((await client.listDeadLetters({ durable: 'other' })).letters).toEqual([]);
    const [a, b] = first.letters;
    const shown = await client.showDeadLetter({ id: a!.id });
    expect(shown.letter).toMatchObject({ code: 'invalid_value', deliveries: 1, durable: 'app-test' });
    expect(shown.headers).toMatchObject({ 'ce-id': 'a' });
    expect(JSON.parse(shown.data.toString())).toMatchObject({ name: 'a' });

    isRepaired = true;
    await client.replayDeadLetter({ id: a!.id });
    await expect.poll(() => handled, { timeout: 10_000 }).toEqual(['a']);
    await client.removeDeadLetter({ id: b!.id });
    expect((await client.listDeadLetters({})).letters.map(({ eventId }) => eventId)).toEqual(['c']);
    await expect(client.showDeadLetter({ id: b!.id })).rejects.toMatchObject({ code: 'dead_letter_not_found' });
  });
});
