import type { JobStatus } from '@medlego/jobs';
import { isFinal, type Run, type RunChange } from '@medlego/registry';
import { JobEndedError } from '@medlego/errors';

/** The next thing to do for a run; null if nothing is. */
export type Action =
  | { readonly type: 'submit-job' }
  | { readonly type: 'cancel-job' }
  | { readonly type: 'change'; readonly change: RunChange }
  /** The run has ended, and its Job too: tell the others. */
  | { readonly type: 'announce' }
  | null;

/**
 * Compares a run with its Job. Pure. The run has to be read before the Job: then a Job that looks as if it waited can only be too old a
 * picture of an attempt that the run does not know yet, and the change that follows is one that comes late and does nothing.
 */
export function decide(run: Run, job: JobStatus | undefined): Action {
  const isActive = job?.state === 'queued' || job?.state === 'running';
  if (isFinal(run.state)) return isActive && run.state !== 'succeeded' ? { type: 'cancel-job' } : { type: 'announce' };
  if (run.cancelReason !== null)
    return isActive ? { type: 'cancel-job' } : { type: 'change', change: { type: 'cancel' } };
  if (!job) return { type: 'submit-job' };
  switch (job.state) {
    case 'queued':
      return run.state === 'queued' ? null : { type: 'change', change: { type: 'queue', afterAttempt: run.attempts } };
    case 'running':
      return run.state === 'requested' ? { type: 'change', change: { type: 'queue', afterAttempt: 0 } } : null;
    case 'succeeded':
    case 'failed':
    case 'cancelled': {
      const reason = job.state === 'succeeded' ? 'it ended without reporting a result' : (job.reason ?? job.state);
      const error = new JobEndedError({ run: run.id, reason, exitCode: job.exitCode ?? null });
      return { type: 'change', change: { type: 'fail', error: error.toJSON() } };
    }
  }
}
