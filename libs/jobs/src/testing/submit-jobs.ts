/** A process of its own with a local runner, for tests that kill it: takes a folder, and jobs as JSON on its standard input. */
import { text } from 'node:stream/consumers';
import type { JobSpec } from '../job-spec.ts';
import { createLocalJobRunner } from '../local/runner.ts';

const runner = await createLocalJobRunner({
  folder: process.argv[2]!,
  cores: 2,
  memoryMb: 1024,
  command: ({ args }) => ({ file: process.execPath, args }),
});
for (const spec of JSON.parse(await text(process.stdin)) as JobSpec[]) await runner.submit(spec);
process.stdout.write('submitted\n');
setInterval(() => {}, 60_000);
