import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Bench, MeasureOptions, Measured } from '../bench.ts';
import { workspaceRoot } from '../workspace.ts';
import { medianMs } from '../timing.ts';

const run = promisify(execFile);

/** Milliseconds from the call of the launcher, under the Node that the machine has, to its exit. */
async function measure({ size, seconds, folder }: MeasureOptions): Promise<Measured> {
  const launcher = join(workspaceRoot, 'apps/cli/bin/medlego.mjs');
  const env = { ...process.env, MEDLEGO_HOME: join(folder, '.medlego') };
  const value = await medianMs(() => run(process.execPath, [launcher, size], { cwd: folder, env }), {
    warmUps: 2,
    seconds,
    leastRuns: 7,
  });
  return { value };
}

export const cli: Bench = {
  name: 'cli',
  title: 'Start of the command line',
  unit: 'ms',
  higherIsBetter: false,
  sizes: ['--help', 'ls'],
  measure,
};
