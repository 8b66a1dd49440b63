// A Job that computes nothing: it works until the file DONE is there, or does what MODE says.
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { stopReason } from '@medlego/async';
import { runJob } from '@medlego/job-program';

const { MODE, DONE, ARTIFACT } = process.env;

process.exitCode = await runJob({
  argv: process.argv.slice(2),
  env: process.env,
  kind: 'training',
  reportEveryMs: 20,
  run: async (job) => {
    job.log('working');
    if (MODE === 'bug') throw new TypeError('nobody expected this');
    for (let step = 1; !existsSync(DONE!); step++) {
      if (job.signal.aborted) throw stopReason(job.signal);
      job.progress({ fraction: 0.5, lastLoss: step });
      await sleep(10);
    }
    job.log('done');
    return { artifact: ARTIFACT!, cleanUp: async () => job.log('cleaned up') };
  },
});
