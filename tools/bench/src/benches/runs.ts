import { createArtifactStore } from '@medlego/artifacts';
import { createMemoryDriver } from '@medlego/artifacts/testing';
import type { Bench, MeasureOptions, Measured } from '../bench.ts';
import { withRegistry } from '../serve-registry.ts';
import { medianMs } from '../timing.ts';

const count = 10_000;
const targetMs: Readonly<Record<string, number>> = { list: 100, watch: 1000 };

async function measure({ size, seconds }: MeasureOptions): Promise<Measured> {
  const store = createArtifactStore({ driver: createMemoryDriver() });
  return withRegistry(store, async (client, { runs }) => {
    for (let i = 0; i < count; i++)
      await runs.submit({ kind: 'training', requestId: `r${i}`, name: `blood-${i}`, spec: { rank: 4, seed: i } });
    let pageToken = '';
    const list = async () => {
      pageToken = (await client.listRuns({ pageSize: 100, pageToken })).nextPageToken;
    };
    const watch = async () => {
      let told = 0;
      for await (const { run } of client.watchRuns({})) if (run && ++told === count) return;
      throw new Error(`the watch ended after ${told} of ${count} runs`);
    };
    const value = await medianMs(size === 'list' ? list : watch, { warmUps: 1, seconds, leastRuns: 3 });
    return { value, details: { targetMs: targetMs[size]!, ratioToTarget: targetMs[size]! / value } };
  });
}

export const runs: Bench = {
  name: 'runs',
  title: '10,000 runs of a registry',
  unit: 'ms',
  higherIsBetter: false,
  sizes: ['list', 'watch'],
  note: '`list`: a page of 100. `watch`: until all of them were told. Over gRPC.',
  measure,
};
