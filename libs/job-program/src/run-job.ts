import { exitCodeOf, exitCodes } from '@medlego/errors';
import { connectRpc, type RpcConnection } from '@medlego/rpc';
import { traceProgram } from '@medlego/telemetry/sdk';
import { parseJobCall, parseJobEnvironment } from './job-environment.ts';
import type { JobProgram } from './job.ts';
import { createReporter, describe, isFinalState, patiently } from './reporter.ts';
import { findRun, runAttempt } from './run-attempt.ts';
import { createStop } from './stop.ts';

/**
 * The life of a Job, from finding its run to reporting how it ended. Gives the exit code: 0 done, or nothing left to do; 64 it failed with
 * what will come again, and has said so; 75 stopped, a later attempt goes on; 1 it failed with what may not come again.
 * Services that are away are waited for; the work itself goes on without them.
 */
export const runJob = (program: JobProgram): Promise<number> =>
  traceProgram({ service: `medlego-${program.kind}-job`, name: `job ${program.kind}`, env: program.env }, () =>
    live(program),
  );

async function live(program: JobProgram): Promise<number> {
  const log = program.log ?? ((line: string) => void process.stdout.write(`${line}\n`));
  const stop = createStop('The job');
  const unlisten = stop.listen();
  let rpc: RpcConnection | undefined;
  try {
    const id = parseJobCall(program.argv);
    const environment = parseJobEnvironment(program.env);
    rpc = await connectRpc({ ...environment.rpc, attempts: 2 }); // who calls knows how long to wait
    const run = await patiently(() => findRun(rpc!, program.kind, id), stop.signal, log);
    if (isFinalState(run.state) || run.cancelRequested) {
      log(`${id}: nothing left to do.`);
      return exitCodes.done;
    }
    const attempt = run.attempts + 1;
    const everyMs = program.reportEveryMs ?? 1000;
    const reporter = createReporter({ rpc, id, attempt, stop, everyMs, log });
    try {
      return await runAttempt({ program, run, attempt, rpc, environment, reporter, stop, log });
    } finally {
      reporter.close();
    }
  } catch (error) {
    log(describe(error));
    if (stop.cause !== null) return exitCodes.stopped;
    return exitCodeOf(error);
  } finally {
    unlisten();
    rpc?.close();
  }
}
