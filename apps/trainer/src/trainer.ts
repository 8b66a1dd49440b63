import type { TrainingServiceImplementation } from '@medlego/contracts/rpc';
import { isFinal } from '@medlego/registry';
import { jobLabels, reconcileRun, type ReconcileOptions } from './reconcile.ts';
import { createTrainingService } from './training-service.ts';
import { createWorkSet } from './work-set.ts';

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
  const { registry, jobs, onProblem, everyMs = 30_000 } = options;
  const work = createWorkSet((id) => reconcileRun(id, options), onProblem);
  const stop = new AbortController();
  const { signal } = stop;
  const followers: Promise<void>[] = [];
  let timer: NodeJS.Timeout | undefined;

  /** Follows until it is stopped; a stream that breaks begins again after a moment, with everything as it is. */
  const follow = async (open: () => AsyncIterable<string>) => {
    while (!signal.aborted) {
      try {
        for await (const id of open()) work.add(id);
      } catch (error) {
        if (!signal.aborted) onProblem(error, null);
      }
      await pause(1000, signal);
    }
  };
  async function* changedRuns() {
    for await (const { id } of registry.runs.watch({ kinds: ['training'] }, { signal })) yield id;
  }
  async function* changedJobs() {
    for await (const { labels, name } of jobs.watch({ labels: jobLabels, signal })) yield labels['run'] ?? name;
  }
  async function* openRuns() {
    let after: string | undefined;
    do {
      const page = await registry.runs.list({ kinds: ['training'] }, { limit: 1000, ...(after && { after }) });
      for (const { id, state } of page.runs) if (!isFinal(state)) yield id;
      after = page.next ?? undefined;
    } while (after !== undefined && !signal.aborted);
  }
  const pass = async () => {
    try {
      for await (const id of openRuns()) work.add(id);
    } catch (error) {
      onProblem(error, null);
    }
  };

  const close = async () => {
    stop.abort();
    clearInterval(timer);
    await Promise.all(followers);
    await work.close();
  };
  return {
    service: createTrainingService({ ...options, onChange: (id) => work.add(id) }),
    start() {
      if (followers.length > 0 || signal.aborted) return;
      followers.push(follow(changedRuns), follow(changedJobs));
      timer = setInterval(() => void pass(), everyMs);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
