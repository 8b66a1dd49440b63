import { RunTransitionError, type ErrorDocument } from '@medlego/errors';
import { isFinal, type Run, type RunProgress } from './run.ts';

/**
 * What can happen to a run. Attempts are counted from 1; a change says which attempt it is about, so that one that comes late can be told
 * from a new one.
 */
export type RunChange =
  /** It waits for a device: new (`afterAttempt` 0), or again because an attempt was preempted or will be repeated. */
  | { readonly type: 'queue'; readonly afterAttempt: number }
  | { readonly type: 'start'; readonly attempt: number }
  | { readonly type: 'progress'; readonly attempt: number; readonly progress: Partial<RunProgress> }
  /** An attempt is still being worked on, without other news. */
  | { readonly type: 'alive'; readonly attempt: number }
  /** `attempt`: the one that says so; left out by who speaks for the run as a whole. */
  | { readonly type: 'succeed'; readonly artifact: string; readonly attempt?: number }
  | { readonly type: 'fail'; readonly error: ErrorDocument; readonly attempt?: number }
  | { readonly type: 'request-cancel'; readonly reason: string }
  | { readonly type: 'cancel' };

/**
 * The state machine: the run after a change. Pure.
 *
 * | From                | To                                                                                  |
 * | ------------------- | ----------------------------------------------------------------------------------- |
 * | requested           | queued, running, succeeded, failed, cancelled                                       |
 * | queued              | running, succeeded, failed, cancelled                                               |
 * | running             | queued (preempted, or to be repeated), running (next attempt), succeeded, failed, cancelled |
 * | succeeded, failed, cancelled | nothing; they are final                                                    |
 *
 * Every change may come again, late, or after a newer one: what is so already, and news of an attempt that is over, give back the very
 * same object. A run that was asked to cancel starts no more, but may still end as it would have.
 * @throws RunTransitionError for what is no longer possible, or not yet
 */
export function advanceRun(run: Run, change: RunChange, at: string): Run {
  const refuse = (what: string): never => {
    throw new RunTransitionError({ id: run.id, state: run.state, change: what });
  };
  const changed = (fields: Partial<Run>): Run => ({ ...run, ...fields, updated: at });
  const ended = isFinal(run.state);
  /** Whether it comes from an attempt that was given up: a later one has begun, or waits to. */
  const isOver = (attempt: number | undefined): boolean =>
    attempt !== undefined && (attempt < run.attempts || (attempt === run.attempts && run.state === 'queued'));

  switch (change.type) {
    case 'queue':
      if (change.afterAttempt < run.attempts || (run.state === 'queued' && change.afterAttempt === run.attempts))
        return run;
      if (ended) return refuse('queued');
      if (change.afterAttempt > run.attempts) return refuse(`queued after attempt ${change.afterAttempt}`);
      return changed({ state: 'queued' });

    case 'start':
      if (change.attempt <= run.attempts) return run;
      if (ended || run.cancelReason !== null) return refuse('started');
      if (change.attempt > run.attempts + 1) return refuse(`started as attempt ${change.attempt}`);
      return changed({
        state: 'running',
        attempts: change.attempt,
        // It says itself how far the checkpoint lets it begin.
        progress: { ...run.progress, fraction: 0, etaSeconds: null, imagesPerSecond: null },
      });

    case 'progress': {
      if (change.attempt < run.attempts || ended) return run; // what an old attempt still says
      if (change.attempt > run.attempts || run.state !== 'running') return refuse('making progress');
      const fraction = Math.min(1, Math.max(0, change.progress.fraction ?? run.progress.fraction));
      if (fraction < run.progress.fraction) return run; // a late message
      const progress = { ...run.progress, ...change.progress, fraction };
      return isSame(progress, run.progress) ? run : changed({ progress });
    }

    case 'alive':
      if (change.attempt < run.attempts || ended) return run;
      if (change.attempt > run.attempts || run.state !== 'running') return refuse('alive');
      return at === run.updated ? run : changed({});

    case 'succeed':
      if (isOver(change.attempt)) return run;
      if (change.attempt !== undefined && change.attempt > run.attempts)
        return refuse('succeeded before it was started');
      if (run.state === 'succeeded' && run.artifact === change.artifact) return run;
      if (ended) return refuse('succeeded');
      return changed({
        state: 'succeeded',
        artifact: change.artifact,
        progress: { ...run.progress, fraction: 1, etaSeconds: 0 },
      });

    case 'fail':
      if (isOver(change.attempt)) return run;
      if (change.attempt !== undefined && change.attempt > run.attempts) return refuse('failed before it was started');
      if (run.state === 'failed' && run.error?.code === change.error.code) return run;
      if (ended) return refuse('failed');
      return changed({ state: 'failed', error: change.error, progress: { ...run.progress, etaSeconds: null } });

    case 'request-cancel':
      if (ended || run.cancelReason !== null) return run;
      return changed({ cancelReason: change.reason });

    case 'cancel':
      if (run.state === 'cancelled') return run;
      if (ended) return refuse('cancelled');
      return changed({ state: 'cancelled', progress: { ...run.progress, etaSeconds: null } });
  }
}

const isSame = (a: RunProgress, b: RunProgress): boolean => JSON.stringify(a) === JSON.stringify(b);
