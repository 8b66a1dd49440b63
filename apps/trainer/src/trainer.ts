import type { TrainingServiceImplementation } from '@medlego/contracts/rpc';
import { createRunFollower } from '@medlego/run-service';
import { jobLabels, reconcileRun, type ReconcileOptions } from './reconcile.ts';
import { createTrainingService } from './training-service.ts';

export interface TrainerOptions extends ReconcileOptions {
  /** Told of what failed in the background, with the run that it was about; it is tried again with the next full pass. */
  readonly onProblem: (error: unknown, run: string | null) => void;
  /** Milliseconds between full passes over all runs that have not ended. Default: 30,000. */
  readonly everyMs?: number;
}

/** Turns training runs into Jobs and follows both. Replicas share the registry and the job runner. */
export interface Trainer extends AsyncDisposable {
  readonly service: TrainingServiceImplementation;
  /** Begins to follow runs and Jobs, with all of them as they are. */
  start(): void;
  /** Stops following; Jobs go on. Bus, registry, store and job runner stay open: they are the caller's. */
  close(): Promise<void>;
}

export function createTrainer(options: TrainerOptions): Trainer {
  const { registry, jobs, onProblem, everyMs } = options;
  async function* changedJobs(signal: AbortSignal) {
    for await (const { labels, name } of jobs.watch({ labels: jobLabels, signal })) yield labels['run'] ?? name;
  }
  const follower = createRunFollower({
    kind: 'training',
    registry,
    handle: (id) => reconcileRun(id, options),
    others: [changedJobs],
    onProblem,
    everyMs,
  });
  const close = () => follower.close();
  return {
    service: createTrainingService({ ...options, onChange: (id) => follower.add(id) }),
    start: () => follower.start(),
    close,
    [Symbol.asyncDispose]: close,
  };
}
