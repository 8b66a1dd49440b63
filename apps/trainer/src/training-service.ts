import type { TrainingServiceImplementation } from '@medlego/contracts/rpc';
import { InvalidValueError, RunNotFoundError } from '@medlego/errors';
import type { RunAt } from '@medlego/registry';
import { toRunMessage, toTrainingFilter } from './convert.ts';
import type { ReconcileOptions } from './reconcile.ts';
import { toRunChange } from './report.ts';
import { submitRun, submitSweep } from './submit.ts';

export interface TrainingServiceOptions extends ReconcileOptions {
  /** Told of each run that somebody changed here, so that its Job follows at once. */
  readonly onChange: (id: string) => void;
}

const maxPage = 1000;

/** Training over gRPC. Methods throw AppErrors; the server makes statuses of them. */
export function createTrainingService(options: TrainingServiceOptions): TrainingServiceImplementation {
  const { bus, registry, store, jobs, onChange } = options;
  const { runs } = registry;

  const trainingRun = async (id: string): Promise<RunAt> => {
    const run = await runs.get(id);
    if (run.kind !== 'training') throw new RunNotFoundError({ id });
    return run;
  };
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
    async getTraining({ id }) {
      return { run: toRunMessage(await trainingRun(id)) };
    },
    async listTrainings({ filter, pageSize, pageToken }) {
      if (pageSize > maxPage)
        throw new InvalidValueError({ field: 'page_size', expected: `at most ${maxPage}`, actual: pageSize });
      const after = pageToken === '' ? {} : { after: pageToken };
      const page = await runs.list(toTrainingFilter(filter), { limit: pageSize || 100, ...after });
      return { runs: page.runs.map(toRunMessage), nextPageToken: page.next ?? '' };
    },
    async cancelTraining({ id, reason: text }) {
      await trainingRun(id);
      const { run } = await runs.change(id, { type: 'request-cancel', reason: text.slice(0, 2000) });
      const reason = run.cancelReason;
      if (reason !== null) {
        const data = { run: id, kind: run.kind, reason };
        await bus.publish({ type: 'run.cancel-requested', about: id, id: `${id}-cancel-requested`, data });
      }
      return { run: changed(run) };
    },
    async *watchTrainings({ filter, afterRevision }, { signal }) {
      for await (const run of runs.watch(toTrainingFilter(filter), { after: afterRevision, signal }))
        yield { run: toRunMessage(run) };
    },
    async *watchTrainingLogs({ id, afterLine, follow }, { signal }) {
      await trainingRun(id);
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
      if (change.type === 'start') {
        const { id } = run;
        const data = { run: id, kind, attempt: change.attempt };
        await bus.publish({ type: 'run.started', about: id, id: `${id}-started-${change.attempt}`, data });
      }
      return { run: changed(run) };
    },
  };
}
