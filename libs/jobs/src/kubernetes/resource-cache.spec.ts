import type { V1Pod } from '@kubernetes/client-node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ResourceCache } from './resource-cache.ts';

type Callback = (phase: string, object: V1Pod) => void;
const pod = (name: string, resourceVersion: string): V1Pod => ({ metadata: { name, resourceVersion } });

/** A cache over lists and watches that the test plays by hand. */
function playedCache(lists: (() => readonly V1Pod[])[], watchdogSeconds = 30) {
  const closed = new AbortController();
  onTestFinished(() => closed.abort());
  const changes: string[] = [];
  const problems: unknown[] = [];
  const watches: { callback: Callback; done: (error?: unknown) => void; query: unknown }[] = [];
  let listed = 0;
  const cache = new ResourceCache<V1Pod>({
    list: async () => ({
      items: lists[Math.min(listed++, lists.length - 1)]!(),
      metadata: { resourceVersion: `${listed}` },
    }),
    watch: {
      watch: async (_path, query, callback, done) => {
        watches.push({ callback, done, query });
        return new AbortController();
      },
    },
    path: '/',
    labelSelector: 'a=b',
    onChange: (object, present) => changes.push(`${present ? '+' : '-'}${object.metadata!.name}`),
    onProblem: (error) => problems.push(error),
    relistSeconds: 0,
    watchdogSeconds,
    signal: closed.signal,
  });
  return { cache, changes, problems, watches };
}

describe('ResourceCache', () => {
  it('follows additions, changes and removals, and does not repeat what it knows', async () => {
    const { cache, changes, watches } = playedCache([() => [pod('a', '1')]]);
    await cache.synced;
    await expect.poll(() => watches.length).toBe(1);
    expect(watches[0]!.query).toMatchObject({ resourceVersion: '1', allowWatchBookmarks: true });
    const { callback } = watches[0]!;
    callback('MODIFIED', pod('a', '1'));
    callback('ADDED', pod('b', '2'));
    callback('BOOKMARK', pod('', '3'));
    callback('DELETED', pod('a', '4'));
    expect(changes).toEqual(['+a', '+b', '-a']);
    expect(cache.list().map(({ metadata }) => metadata!.name)).toEqual(['b']);
  });

  it('lists again after a watch that failed, became too old or ended, and finds what it missed', async () => {
    const { changes, problems, watches } = playedCache([() => [pod('a', '1')], () => [pod('b', '2')]]);
    await expect.poll(() => watches.length).toBe(1);
    watches[0]!.done(new Error('ECONNRESET'));
    await expect.poll(() => watches.length, { timeout: 5000 }).toBe(2);
    expect(problems).toHaveLength(1);
    expect(changes).toEqual(['+a', '-a', '+b']);
    watches[1]!.callback('ERROR', {});
    await expect.poll(() => watches.length, { timeout: 5000 }).toBe(3);
    watches[2]!.done();
    await expect.poll(() => watches.length, { timeout: 5000 }).toBe(4);
  });

  it('gives up a watch that went silent', async () => {
    const { watches } = playedCache([() => []], 0.05);
    await expect.poll(() => watches.length, { timeout: 5000 }).toBeGreaterThan(2);
  });

  it('tries a list that fails again', async () => {
    let failing = true;
    const { cache, problems } = playedCache([
      () => {
        if (failing) throw new Error('refused');
        return [pod('a', '1')];
      },
    ]);
    await expect.poll(() => problems.length).toBe(1);
    failing = false;
    await cache.synced;
    expect(cache.get('a')).toBeDefined();
  });

  it('lists again after a silence, and calls it no problem', async () => {
    const { changes, watches, problems } = playedCache([() => [pod('a', '1')], () => [pod('a', '1'), pod('b', '2')]]);
    await expect.poll(() => watches.length).toBe(1);
    watches[0]!.done(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    await expect.poll(() => changes).toEqual(['+a', '+b']);
    expect(problems).toEqual([]);
  });
});
