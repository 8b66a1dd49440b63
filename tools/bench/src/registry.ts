import type { Bench } from './bench.ts';
import { artifacts } from './benches/artifacts.ts';
import { cli } from './benches/cli.ts';
import { events } from './benches/events.ts';
import { forward } from './benches/forward.ts';
import { gatewayLatency, gatewaySwaps, gatewayThroughput } from './benches/gateway.ts';
import { idle } from './benches/idle.ts';
import { merge } from './benches/merge.ts';
import { runs } from './benches/runs.ts';
import { train } from './benches/train.ts';

export const benches: readonly Bench[] = [
  train,
  forward,
  merge,
  cli,
  artifacts,
  runs,
  events,
  idle,
  gatewayThroughput,
  gatewayLatency,
  gatewaySwaps,
];
