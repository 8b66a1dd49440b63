import { join } from 'node:path';
import { RegistryDefinition, type Run, TrainingDefinition } from '@medlego/contracts/rpc';
import { AppError, exitCodeOf, exitCodes } from '@medlego/errors';
import { connectRpc, type RpcConnection } from '@medlego/rpc';
import type { JobEnvironment } from './job-environment.ts';
import type { JobProgram } from './job.ts';
import { openStoreAt } from './open-store-at.ts';
import { describe, isFinalState, type Reporter } from './reporter.ts';
import type { Stop } from './stop.ts';

/** What `runJob` has put together for an attempt. */
export interface Attempt {
  readonly program: JobProgram;
  readonly run: Run;
  readonly attempt: number;
  readonly rpc: RpcConnection;
  readonly environment: JobEnvironment;
  readonly reporter: Reporter;
  readonly stop: Stop;
  readonly log: (line: string) => void;
}

/** Runs the program, reports its end and gives the exit code. */
export async function runAttempt(options: Attempt): Promise<number> {
  const { program, run, attempt, environment, reporter, stop, log } = options;
  const { home } = environment;
  let files: RpcConnection | undefined;
  try {
    await reporter.started();
    log(`${run.id}: attempt ${attempt}, process ${process.pid}`);
    // A service that is started again must not cost an attempt.
    files = await connectRpc({ ...environment.rpc, attempts: 30, deadlineMs: 600_000 });
    const opened = await openStoreAt(environment.store, files, {
      env: program.env,
      cache: join(home, 'cache'),
      run: run.id,
    });
    try {
      const { artifact, cleanUp } = await program.run({
        run,
        attempt,
        store: opened.store,
        home,
        signal: stop.signal,
        progress: (news) => reporter.progress(news),
        async checkpoint(digest) {
          reporter.progress({ checkpoint: digest });
          await reporter.flush();
        },
        log,
      });
      await reporter.flush();
      await reporter.succeeded(artifact);
      await cleanUp?.();
    } finally {
      await opened.close();
    }
    // "Ended" is what a run that has succeeded says.
    return stop.cause === 'superseded' ? exitCodes.stopped : exitCodes.done;
  } catch (error) {
    log(describe(error));
    return stop.cause === null ? await afterFailure(error, options) : await afterStop(options);
  } finally {
    files?.close();
  }
}

/** What will come again is reported and ends the run; anything else is left to the next attempt. */
async function afterFailure(
  error: unknown,
  { run, rpc, program, attempt, reporter, stop, log }: Attempt,
): Promise<number> {
  if (error instanceof AppError && error.code === 'run_transition') {
    const { state, cancelRequested } = await findRun(rpc, program.kind, run.id);
    return isFinalState(state) || cancelRequested ? exitCodes.done : exitCodes.stopped;
  }
  if (error instanceof AppError && exitCodeOf(error) === exitCodes.badRequest) {
    try {
      await reporter.flush();
      await reporter.failed(error.toJSON());
    } catch (cause) {
      log(`The failure was not reported: ${describe(cause)}`);
      if (stop.cause === 'preempted') return exitCodes.stopped; // said by the next attempt
    }
    return exitCodes.badRequest;
  }
  reporter.progress({ message: `attempt ${attempt} failed: ${describe(error)}`.slice(0, 500) });
  await reporter.flush();
  return exitCodes.failed;
}

async function afterStop({ reporter, stop, log }: Attempt): Promise<number> {
  switch (stop.cause) {
    case 'cancelled':
    case 'ended':
      return exitCodes.done;
    case 'superseded':
    case null:
      return exitCodes.stopped;
    case 'preempted':
      try {
        await reporter.preempted();
      } catch (error) {
        log(`The preemption was not reported: ${describe(error)}`);
      }
      return exitCodes.stopped;
  }
}

/** @throws RunNotFoundError, and what the transport meets */
export async function findRun(rpc: RpcConnection, kind: JobProgram['kind'], id: string): Promise<Run> {
  const { run } =
    kind === 'training'
      ? await rpc.client(TrainingDefinition).getTraining({ id })
      : await rpc.client(RegistryDefinition).getRun({ id });
  return run!;
}
