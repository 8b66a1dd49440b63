import { join } from 'node:path';
import { RegistryDefinition } from '@medlego/contracts/rpc';
import { openEngine } from '@medlego/engine';
import { AppError, exitCodeOf, exitCodes } from '@medlego/errors';
import {
  openStoreAt,
  parseComputeEnvironment,
  parseJobCall,
  parseJobEnvironment,
  type Environment,
} from '@medlego/job-program';
import type { Json } from '@medlego/registry';
import { connectRpc } from '@medlego/rpc';
import { traceProgram } from '@medlego/telemetry/sdk';
import { evaluateInline } from './evaluate-inline.ts';
import { toLine, type JobSaying } from './job-lines.ts';

export interface EvaluateJobOptions {
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly modelFolders?: readonly string[];
}

/**
 * The Job of an evaluation: `job --run ID`. Computes the report, stores it and says its digest on standard output; the service that started it
 * changes the run. Gives the exit code: 64 for what would fail again, 75 when it was stopped.
 */
export const evaluateJob = (options: EvaluateJobOptions): Promise<number> =>
  traceProgram({ service: 'medlego-evaluator-job', name: 'job evaluation', env: options.env }, () => compute(options));

async function compute({ argv, env, modelFolders = [] }: EvaluateJobOptions): Promise<number> {
  const say = (saying: JobSaying) => process.stdout.write(`${toLine(saying)}\n`);
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  const { signal } = stop;
  const closers: (() => unknown)[] = [];
  try {
    const id = parseJobCall(argv);
    const environment = parseJobEnvironment(env);
    const rpc = await connectRpc({ ...environment.rpc, attempts: 30, deadlineMs: 600_000 });
    closers.push(() => rpc.close());
    const { run } = await rpc.client(RegistryDefinition).getRun({ id });
    const opened = await openStoreAt(environment.store, rpc, { env, cache: join(environment.home, 'cache') });
    closers.push(() => opened.close());
    const { device, threads } = parseComputeEnvironment(env);
    const engine = await openEngine({ engine: 'onnx', device, intraOpThreads: threads });
    closers.push(() => engine.dispose());

    const evaluate = evaluateInline({ store: opened.store, engine: () => Promise.resolve(engine), modelFolders });
    const artifact = await evaluate(
      { id, attempts: run!.attempts, spec: JSON.parse(run!.specJson) as Json },
      {
        signal,
        progress: ({ fraction = 0, message = '' }) => Promise.resolve(void say({ progress: { fraction, message } })),
      },
    );
    say({ artifact });
    return exitCodes.done;
  } catch (error) {
    if (signal.aborted) return exitCodes.stopped;
    const code = exitCodeOf(error);
    if (error instanceof AppError && code === exitCodes.badRequest) say({ error: error.toJSON() });
    process.stderr.write(`${error instanceof AppError ? error.message : String((error as Error).stack ?? error)}\n`);
    return code;
  } finally {
    for (const close of closers.reverse()) await close();
  }
}
