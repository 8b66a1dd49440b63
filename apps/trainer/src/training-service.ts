import type { TrainingServiceImplementation } from '@medlego/contracts/rpc';
import type { RunAt } from '@medlego/registry';
import { announceStart, createRunQueries, toRunMessage } from '@medlego/run-service';
import type { ReconcileOptions } from './reconcile.ts';
import { toRunChange } from './report.ts';
import { submitRun, submitSweep } from './submit.ts';

export interface TrainingServiceOptions extends ReconcileOptions {
  /** Told of each run that somebody changed here, so that its Job follows at once. */
  readonly onChange: (id: string) => void;
}

/** Training over gRPC. Methods throw AppErrors; the server makes statuses of them. */
export function createTrainingService(options: TrainingServiceOptions): TrainingServiceImplementation {
  const { bus, registry, store, jobs, onChange } = options;
  const { runs } = registry;

  const queries = createRunQueries({ kind: 'training', bus, registry, onChange });
  const changed = (run: RunAt) => {
    onChange(run.id);
    return toRunMessage(run);
  };

  return {
    async submitTraining(request) {
      return { run: changed(await submitRun(request, options)) };
    },
    async submitSweep(request) {
      return { sweep: request.requestId, runs: (await submitSweep(request, options)).map(changed) };
    },
    getTraining: (request) => queries.get(request),
    listTrainings: (request) => queries.list(request),
    cancelTraining: (request) => queries.cancel(request),
    watchTrainings: (request, context) => queries.watch(request, context),
    async *watchTrainingLogs({ id, afterLine, follow }, { signal }) {
      await queries.run(id);
      yield* jobs.logs(id, { afterLine, follow, signal });
    },
    async reportRun(request) {
      const change = toRunChange(request);
      const { kind, state, attempts, progress } = await runs.get(request.id);
      if (request.change?.$case === 'preempted' && state === 'running' && attempts === request.attempt) {
        const { checkpoint } = request.change.value;
        const news = { fraction: progress.fraction, checkpoint: checkpoint || progress.checkpoint };
        await runs.change(request.id, { type: 'progress', attempt: attempts, progress: news });
      }
      // A run only succeeds with a result that is there.
      if (change.type === 'succeed')
        await store.get(change.artifact, kind === 'training' ? { kind: 'specialist' } : {});
      const { run } = await runs.change(request.id, change);
      if (change.type === 'start') await announceStart(bus, run, change.attempt);
      return { run: changed(run) };
    },
  };
}
