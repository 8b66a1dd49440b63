import { RegistryDefinition, RunState, type Run } from '@medlego/contracts/rpc';
import { resumeWatch, RemoteError, type RpcConnection } from '@medlego/rpc';
import type { CommandContext } from '../context.ts';
import type { Progress } from '../terminal/progress.ts';
import { isOver, progressWords, stateWord } from './run-words.ts';

/** Runs as they change, with one that has been seen in each state; goes on when the services are away for a while. */
export function watchRuns(
  rpc: RpcConnection,
  ids: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Run, void, undefined> {
  const registry = rpc.client(RegistryDefinition);
  const changes = resumeWatch(
    (afterRevision) => registry.watchRuns({ filter: { ids: [...ids] }, afterRevision }, { signal }),
    { revisionOf: ({ run }) => run!.revision, signal },
  );
  return (async function* () {
    for await (const { run } of changes) yield run!;
  })();
}

/**
 * Shows runs until all have ended: a bar for one, a line per change of state for several. Ctrl-C stops showing; the runs go on.
 * @returns the runs as they were last seen
 */
export async function followRuns(context: CommandContext, rpc: RpcConnection, runs: readonly Run[]): Promise<Run[]> {
  const seen = new Map(runs.map((run) => [run.id, run]));
  const shown = new Map<string, RunState>();
  const bar = runs.length === 1 ? createBar(context, runs[0]!) : undefined;
  try {
    const stop = new AbortController();
    const signal = AbortSignal.any([context.signal, stop.signal]);
    for await (const run of watchRuns(rpc, [...seen.keys()], signal)) {
      seen.set(run.id, run);
      bar?.update(run);
      if (runs.length > 1 && shown.get(run.id) !== run.state) {
        shown.set(run.id, run.state);
        context.out.note(`${run.name}: ${stateWord(run)}${run.error ? ` (${run.error.message})` : ''}`);
      }
      if ([...seen.values()].every(isOver)) stop.abort();
    }
  } finally {
    bar?.stop();
  }
  if (context.signal.aborted) {
    context.out.note('They go on without you; `medlego runs --watch` shows them, `medlego cancel RUN` stops one.');
    process.exitCode = 75;
  }
  return [...seen.values()];
}

function createBar(context: CommandContext, { name }: Run) {
  let progress: Progress | undefined;
  let state: RunState | undefined;
  return {
    update(run: Run) {
      if (run.state !== state) {
        state = run.state;
        if (!isOver(run))
          context.out.note(`${name}: ${stateWord(run)}${run.attempts > 1 ? `, attempt ${run.attempts}` : ''}`);
      }
      if (run.state !== RunState.RUN_STATE_RUNNING) return;
      progress ??= context.progress(name, 100);
      progress.update(Math.round(100 * (run.progress?.fraction ?? 0)), progressWords(run));
    },
    stop: () => progress?.stop(),
  };
}

/** The failure of a run as the error that it was there. */
export function errorOf({ error, id }: Run): RemoteError {
  return new RemoteError({
    code: error?.code ?? 'run_cancelled',
    kind: 'unsupported',
    message: error?.message ?? `${id} was cancelled.`,
    facts: JSON.parse(error?.factsJson || '{}') as Record<string, unknown>,
  });
}
