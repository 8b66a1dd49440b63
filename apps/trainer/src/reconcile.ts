import { JobNotFoundError, RunNotFoundError, RunTransitionError } from '@medlego/errors';
import type { JobRunner, JobSpec } from '@medlego/jobs';
import type { Json, Run } from '@medlego/registry';
import { announceEnd, type AnnounceOptions } from './announce.ts';
import type { Claims } from './claims.ts';
import { decide } from './decide.ts';

/** What every training Job gets. */
export interface JobTemplate {
  /** Address of the services, store, token: what a Job needs to find its run. */
  readonly env: Readonly<Record<string, string>>;
  readonly resources: JobSpec['resources'];
  /** Seconds to write a checkpoint in. */
  readonly graceSeconds: number;
  readonly maxAttempts: number;
}

export interface ReconcileOptions extends AnnounceOptions {
  readonly jobs: JobRunner;
  readonly job: JobTemplate;
  /** Where replicas do not share the job runner: whose a run is. */
  readonly claims?: Claims;
}

/** Label of the Jobs that a trainer follows. */
export const jobLabels = { kind: 'training' } as const;

/**
 * Brings a run and its Job together, step by step, until there is nothing left to do now. Safe beside itself, in this process and
 * others: a Job's name is its run's id, and runs change by compare-and-set.
 */
export async function reconcileRun(id: string, options: ReconcileOptions): Promise<void> {
  const { registry, jobs, claims } = options;
  for (let step = 0; step < 8; step++) {
    const run = await registry.runs.get(id).catch((error: unknown) => {
      if (error instanceof RunNotFoundError) return null; // a Job that another registry's trainer left
      throw error;
    });
    if (!run || run.kind !== 'training') return;
    const action = decide(run, await jobOf(jobs, id));
    switch (action?.type) {
      case undefined:
        return;
      case 'announce':
        await announceEnd(run, options);
        return claims?.release(id);
      case 'submit-job':
        if (claims && !(await claims.take(id))) return; // asked again with every full pass
        await jobs.submit(jobSpecOf(run, options.job));
        break;
      case 'cancel-job':
        await jobs.cancel(id);
        if (((await jobOf(jobs, id))?.endedAt ?? null) === null) return; // its end will be told
        break;
      case 'change':
        await registry.runs.change(id, action.change).catch((error: unknown) => {
          if (!(error instanceof RunTransitionError)) throw error; // it has moved on; the next look says where
        });
    }
  }
}

const jobOf = (jobs: JobRunner, id: string) =>
  jobs.get(id).catch((error: unknown) => {
    if (error instanceof JobNotFoundError) return undefined;
    throw error;
  });

function jobSpecOf(run: Run, { env, resources, graceSeconds, maxAttempts }: JobTemplate): JobSpec {
  return {
    name: run.id,
    app: 'trainer',
    args: ['job', '--run', run.id],
    env: run.traceparent === undefined ? env : { ...env, TRACEPARENT: run.traceparent },
    resources,
    priority: priorityOf(run.spec),
    labels: { ...jobLabels, run: run.id },
    graceSeconds,
    maxAttempts,
  };
}

const priorityOf = (spec: Json): number => {
  const { priority } = (spec ?? {}) as { readonly priority?: Json };
  return typeof priority === 'number' ? priority : 0;
};
