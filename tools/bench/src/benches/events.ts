import { join } from 'node:path';
import { mapConcurrent } from '@medlego/async';
import { connectBus, type BusConfig } from '@medlego/bus';
import { startNatsServer } from '@medlego/testing';
import type { Bench, MeasureOptions, Measured } from '../bench.ts';

const targetPerSecond = 10_000;
const inFlight = 512;

/** Events per second from the first publish to the last acknowledged delivery. @throws Error for one that was lost or came twice */
async function measureBus(config: BusConfig, seconds: number): Promise<Measured> {
  const bus = await connectBus(config);
  const seen = new Set<string>();
  let deliveries = 0;
  let wanted = Infinity;
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const subscription = await bus.consume({
    durable: 'bench-all',
    types: ['dataset.published'],
    concurrency: 256,
    handler: async ({ id }) => {
      deliveries++;
      if (seen.add(id).size === wanted) finish();
    },
  });
  const digest = `sha256:${'0'.repeat(64)}` as const;
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  let published = 0;
  while (performance.now() - start < seconds * 1e3) {
    const ids = Array.from({ length: 4 * inFlight }, () => `e${published++}`);
    await mapConcurrent(ids, { limit: inFlight }, (id) =>
      bus.publish({ type: 'dataset.published', about: 'd', id, data: { artifact: digest, name: 'd', version: 1 } }),
    );
  }
  const publishing = performance.now() - start;
  wanted = published;
  if (seen.size === wanted) finish();
  await finished;
  const value = (published * 1e3) / (performance.now() - start);
  const { user, system } = process.cpuUsage(cpuBefore);
  await subscription.stop();
  await bus.close();
  if (deliveries !== published) throw new Error(`${published} events came as ${deliveries}`);
  const publishedPerSecond = (published * 1e3) / publishing;
  const cpuMicrosPerEvent = (user + system) / published;
  const ratioToTarget = value / targetPerSecond;
  return { value, details: { published, publishedPerSecond, cpuMicrosPerEvent, targetPerSecond, ratioToTarget } };
}

async function measure({ size, seconds, folder }: MeasureOptions): Promise<Measured> {
  if (size === 'memory') return measureBus({ kind: 'in-process', source: 'bench' }, seconds);
  if (size === 'journal')
    return measureBus({ kind: 'in-process', source: 'bench', folder: join(folder, 'bus') }, seconds);
  const server = await startNatsServer({ storeFolder: folder });
  try {
    return await measureBus({ kind: 'nats', source: 'bench', name: 'bench', servers: server.url }, seconds);
  } finally {
    await server.stop();
  }
}

export const events: Bench = {
  name: 'events',
  title: 'Events through the bus',
  unit: 'events/s',
  higherIsBetter: true,
  sizes: ['memory', 'journal', 'nats'],
  note: 'One publisher and one durable consumer in one process; each event is acknowledged on both sides, none is lost or comes twice.',
  measure,
};
