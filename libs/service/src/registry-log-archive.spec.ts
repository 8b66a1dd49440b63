import type { KeptLog } from '@medlego/jobs';
import { openRegistry } from '@medlego/registry';
import { expect, it } from 'vitest';
import { registryLogArchive } from './registry-log-archive.ts';

const log = (minute: number, text = 'line'): KeptLog => ({
  pod: `pod-${minute}`,
  createdAt: `2026-01-01T00:0${minute}:00.000Z`,
  dropped: 0,
  lines: [text],
});

it('keeps each pod once, in the order in which they were made, whoever keeps them', async () => {
  const registry = await openRegistry({ kind: 'memory' });
  const [one, other] = [registryLogArchive(registry), registryLogArchive(registry)];
  await Promise.all([
    one.keep('training-1', 0, log(2)),
    other.keep('training-1', 0, log(1)),
    one.keep('training-1', 1, log(3)),
  ]);
  await other.keep('training-1', 0, log(2, 'said anew'));
  expect(await one.read('training-1', 0)).toEqual([log(1), log(2)]);
  expect(await one.read('training-1', 7)).toEqual([]);
});

it('keeps the first and the newest of many', async () => {
  const archive = registryLogArchive(await openRegistry({ kind: 'memory' }));
  for (const minute of [1, 2, 3, 4, 5, 6]) await archive.keep('training-1', 0, log(minute));
  expect((await archive.read('training-1', 0)).map(({ pod }) => pod)).toEqual(['pod-1', 'pod-4', 'pod-5', 'pod-6']);
});
