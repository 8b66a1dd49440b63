import { join } from 'node:path';
import { storeTinySpecialists } from '@medlego/workflows/testing';
import { expect, it, vi } from 'vitest';
import { mountSmallDisk, openSite, tinyTasks } from '../src/index.ts';

const patience = { timeout: 60_000, interval: 100 };

const requestOf = (requestId: string, weight: number) => ({
  requestId,
  name: 'g',
  recipe: {
    method: 'average',
    members: tinyTasks.map((specialist, i) => ({ specialist, weight: i === 0 ? weight : 1 })),
  },
});

it('a merge waits for a store that is full, says so, and ends when there is space again', async ({ skip }) => {
  const disk = mountSmallDisk(8);
  if (!disk) return skip();
  const site = await openSite({ storeFolder: join(disk.folder, 'store') });
  await storeTinySpecialists(site.storeFolder, tinyTasks);
  const merger = await site.serve('merger');
  const { merging } = await site.clients({ merger });
  const first = (await merging.submitMerge(requestOf('first', 1))).run!;
  const [before] = await site.allEnded([first.id]);
  expect(before!.state).toBe('succeeded');

  await disk.fill();
  const { id } = (await merging.submitMerge(requestOf('second', 2))).run!;
  await vi.waitFor(async () => {
    const { state, progress } = await site.registry.runs.get(id);
    expect({ state, message: progress.message }).toEqual({
      ...{ state: 'running', message: expect.stringMatching(/full|space/iu) as string },
    });
  }, patience);
  expect((await fetch(`${merger.admin}/livez`)).status).toBe(200);
  expect((await site.store.get(before!.artifact!)).digest).toBe(before!.artifact);

  disk.free();
  const [run] = await site.allEnded([id]);
  expect(run).toMatchObject({ state: 'succeeded', attempts: 1 });
  await site.hasVersions('g', [before!.artifact, run!.artifact]);
  expect((await site.store.verify()).problems).toEqual([]);
});

it('a broker whose disk is full refuses with a reason, keeps what it took, and goes on when there is space again', async ({
  skip,
}) => {
  const disk = mountSmallDisk(64);
  if (!disk) return skip();
  const site = await openSite({ broker: { storeFolder: join(disk.folder, 'broker') } });
  await storeTinySpecialists(site.storeFolder, tinyTasks);
  const merger = await site.serve('merger');
  const { merging } = await site.clients({ merger });
  const first = (await merging.submitMerge(requestOf('first', 1))).run!;
  const [before] = await site.allEnded([first.id]);
  expect(before!.state).toBe('succeeded');
  await site.hasVersions('g', [before!.artifact]);

  await disk.fill();
  const refusal = await untilRefused(async (i) => {
    const data = { artifact: `sha256:${'0'.repeat(64)}`, name: 'other', version: 1, members: [] };
    await site.bus.publish({ type: 'generalist.merged', about: 'other', id: `fill-${i}`, data });
  });
  expect(refusal).toMatchObject({ code: expect.stringMatching(/^broker_(full|unavailable)$/u) as string });
  expect((await fetch(`${merger.admin}/livez`)).status).toBe(200);

  disk.free();
  await site.broker.stop('SIGTERM');
  await site.broker.start();
  await vi.waitFor(async () => expect(await merger.status()).toBe(200), patience);
  expect((await site.registry.runs.get(first.id)).state).toBe('succeeded');
  const second = (await merging.submitMerge(requestOf('second', 2))).run!;
  const [run] = await site.allEnded([second.id]);
  expect(run!.state).toBe('succeeded');
  await site.hasVersions('g', [before!.artifact, run!.artifact]);
});

async function untilRefused(send: (i: number) => Promise<void>): Promise<unknown> {
  for (let i = 0; i < 100_000; i++) {
    try {
      await send(i);
    } catch (error) {
      return error;
    }
  }
  throw new Error('Nothing was refused.');
}
