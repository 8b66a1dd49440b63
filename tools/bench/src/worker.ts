import type { MeasureOptions } from './bench.ts';
import { benches } from './registry.ts';

/** One measurement in a process of its own, whose memory the parent watches: worker.ts BENCH OPTIONS_AS_JSON. Prints one JSON line. */
const [name, options] = process.argv.slice(2) as [string, string];
const measured = await benches.find((bench) => bench.name === name)!.measure(JSON.parse(options) as MeasureOptions);
process.stdout.write(`${JSON.stringify(measured)}\n`);
