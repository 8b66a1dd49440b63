import { openRegistry } from '@medlego/registry';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createClaims } from './claims.ts';

const problems: unknown[] = [];
/** Lets timers run: a registry in memory alone never waits for anything. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 50));

async function replicas(leaseMs: number) {
  const registry = await openRegistry({ kind: 'memory' });
  onTestFinished(() => registry.close());
  const open = (owner: string) =>
    createClaims({ documents: registry.documents, owner, leaseMs, onProblem: (error) => problems.push(error) });
  return { registry, open };
}

it('gives a run to one replica, also after that was started again', async () => {
  const { registry, open } = await replicas(60_000);
  const answers = await Promise.all(['a', 'b', 'c'].map((owner) => open(owner).take('run-1')));
  expect(answers.filter(Boolean)).toHaveLength(1);
  const winner = ['a', 'b', 'c'][answers.indexOf(true)]!;
  for (const owner of ['a', 'b', 'c']) expect(await open(owner).take('run-1')).toBe(owner === winner);
  await open('a').release('run-1');
  expect(await registry.documents.list('job-claim')).toEqual([]);
  expect(problems).toEqual([]);
});

it('takes over from a replica that shows no life, and from no other', async () => {
  const { open } = await replicas(1500);
  const [first, second] = [open('a'), open('b')];
  first.start();
  expect(await first.take('run-1')).toBe(true);
  for (const until = performance.now() + 3000; performance.now() < until; await turn())
    expect(await second.take('run-1')).toBe(false);
  await first.close();
  await vi.waitFor(async () => expect(await second.take('run-1')).toBe(true), { timeout: 20_000 });
  expect(await open('a').take('run-1')).toBe(false);
  expect(problems).toEqual([]);
});
