import { createGateway } from '@medlego/inference-gateway';
import type { Bench, MeasureOptions, Measured } from '../bench.ts';
import { connectGateway, openSession } from '../gateway/clients.ts';
import { atRate, percentile, saturate } from '../gateway/load.ts';
import { names, storeModels } from '../gateway/stored-models.ts';
import { median, warmUp } from '../timing.ts';

interface Size {
  readonly preset: 'vit-nano' | 'vit_base_patch16_224';
  /** Images in one request and in one bare call. */
  readonly batch: number;
}

const sizes: Readonly<Record<string, Size>> = {
  'vit_nano-batch32': { preset: 'vit-nano', batch: 32 },
  'vit_b16-batch8': { preset: 'vit_base_patch16_224', batch: 8 },
};
const turns = 4;

/** A gateway, its client and a bare session of the same model, side by side. */
async function besides({ preset, batch }: Size, { threads, folder }: MeasureOptions) {
  const { store, config, graph } = await storeModels(folder, preset);
  await store.setName('specialist', 'swapped', await store.resolve('first'));
  const gateway = await createGateway({
    store,
    models: ['first', 'swapped'],
    threads,
    maxBatch: batch,
    maxDelayMs: 1,
    followEveryMs: 20,
  });
  const client = connectGateway(gateway.grpc.port, config.imgSize);
  const session = await openSession(graph, threads);
  const close = async () => {
    client.close();
    await session.close();
    await gateway.close();
  };
  return { store, gateway, client, session, side: config.imgSize, close };
}

async function measureThroughput(options: MeasureOptions): Promise<Measured> {
  const size = sizes[options.size]!;
  const { client, session, side, close } = await besides(size, options);
  const ours = client.ask('first', size.batch);
  const bare = session.ask(size.batch, side);
  for (const ask of [ours, bare]) await warmUp(5, ask);
  const rates: Record<'ours' | 'bare', number[]> = { ours: [], bare: [] };
  for (let turn = 0; turn < turns; turn++) {
    rates.ours.push((await saturate(ours, 3, options.seconds / turns)) * size.batch);
    rates.bare.push((await saturate(bare, 1, options.seconds / turns)) * size.batch);
  }
  await close();
  return { value: median(rates.ours), beside: median(rates.bare) };
}

/** One image a request, at half of what the bare session can do one after the other. */
async function measureLatency(options: MeasureOptions): Promise<Measured> {
  const size = sizes[options.size]!;
  const { client, session, side, close } = await besides(size, options);
  const ours = client.ask('first', 1);
  const bare = session.ask(1, side);
  for (const ask of [ours, bare]) await warmUp(20, ask);
  const rate = (await saturate(ours, 3, 1)) / 2;
  const times: Record<'ours' | 'bare', number[]> = { ours: [], bare: [] };
  for (let turn = 0; turn < turns; turn++) {
    times.ours.push(...(await atRate(ours, rate, options.seconds / turns)));
    times.bare.push(...(await atRate(bare, rate, options.seconds / turns)));
  }
  await close();
  const [p99, bareP99] = [percentile(times.ours, 0.99), percentile(times.bare, 0.99)];
  const details = {
    p50: percentile(times.ours, 0.5),
    bareP50: percentile(times.bare, 0.5),
    addedP99: p99 - bareP99,
    rate,
  };
  return { value: p99, beside: bareP99, details };
}

/** The name moves on all the time while one image a request comes at half load; beside it the same without swaps. */
async function measureSwaps(options: MeasureOptions): Promise<Measured> {
  const size = sizes[options.size]!;
  const { store, gateway, client, close } = await besides(size, options);
  const ask = client.ask('swapped', 1);
  await warmUp(20, ask);
  const rate = (await saturate(ask, 3, 1)) / 2;
  const digests = await Promise.all(names.map((name) => store.resolve(name)));
  const served = () => gateway.models.current('swapped').artifact.digest;
  const times: Record<'steady' | 'swapping', number[]> = { steady: [], swapping: [] };
  let swaps = 0;
  for (let turn = 0; turn < turns; turn++) {
    times.steady.push(...(await atRate(ask, rate, options.seconds / turns)));
    let over = false;
    const swapping = (async () => {
      while (!over) {
        const target = digests[(swaps + 1) % 2]!;
        await store.setName('specialist', 'swapped', target);
        while (!over && served() !== target) await new Promise((resolve) => setTimeout(resolve, 5));
        if (served() === target) swaps++;
      }
    })();
    times.swapping.push(...(await atRate(ask, rate, options.seconds / turns)));
    over = true;
    await swapping;
  }
  const { failure } = gateway.models.slot('swapped').statistics;
  await close();
  return {
    value: percentile(times.swapping, 0.99),
    beside: percentile(times.steady, 0.99),
    details: { swaps, failed: failure, rate },
  };
}

const bare = 'bare onnxruntime-node session';

export const gatewayThroughput: Bench = {
  name: 'gateway',
  title: 'Gateway at saturation, gRPC, images as bytes (beside: bare session calls of the same batch)',
  unit: 'images/s',
  higherIsBetter: true,
  sizes: Object.keys(sizes),
  target: 0.95,
  beside: bare,
  measure: measureThroughput,
};

export const gatewayLatency: Bench = {
  name: 'gateway-latency',
  title: 'p99 of single images at half load, gRPC (beside: bare session calls at the same rate)',
  unit: 'ms',
  higherIsBetter: false,
  sizes: Object.keys(sizes),
  note: 'The target is less than 5 ms more than the bare session.',
  beside: bare,
  measure: measureLatency,
};

export const gatewaySwaps: Bench = {
  name: 'gateway-swaps',
  title: 'p99 of single images at half load while versions are swapped all the time (beside: the same without swaps)',
  unit: 'ms',
  higherIsBetter: false,
  sizes: ['vit_nano-batch32'],
  note: 'The target is at most 1.5 times as long as without swaps, and no failed answer.',
  beside: 'no swaps',
  measure: measureSwaps,
};
