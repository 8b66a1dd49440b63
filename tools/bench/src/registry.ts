import type { Bench } from './bench.ts';
import { cli } from './benches/cli.ts';
import { forward } from './benches/forward.ts';
import { merge } from './benches/merge.ts';
import { train } from './benches/train.ts';

export const benches: readonly Bench[] = [train, forward, merge, cli];
