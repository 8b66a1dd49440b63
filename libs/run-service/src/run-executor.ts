import { AppError, describeError, JobEndedError, RunTransitionError, type ErrorDocument } from '@medlego/errors';
import { isFinal, type RunAt, type RunChange } from '@medlego/registry';
import { inSpan } from '@medlego/telemetry';
import { announceRun, announceStart } from './announce-run.ts';
import type { RunExecutor, RunExecutorOptions } from './executor-options.ts';
import { createRunFollower } from './follow-runs.ts';
import { keepAlive } from './keep-alive.ts';
import { createLeases } from './leases.ts';
import { persist } from './persist.ts';

/** Why work was stopped before its end. */
type Stop = 'cancelled' | 'closed' | 'lost';

/**
 * Executes runs of one kind in this process. Replicas share the runs: exactly the one whose `start` changed the run goes on with it, and
 * shows that it is alive; a run that nobody shows life of for `leaseMs` is started again by somebody else, as the next attempt.
 */
export function createRunExecutor(options: RunExecutorOptions): RunExecutor {
  const { kind, bus, registry, execute, before, onProblem } = options;
  const { concurrency = 1, leaseMs = 15_000, maxAttempts = 5, everyMs } = options;
  const active = new Map<string, { readonly stop: AbortController; readonly ended: Promise<void> }>();
  const waiting = new Set<string>();
  const leases = createLeases(leaseMs, (id) => follower.add(id));
  let isClosed = false;

  /** Applies a change; null if the run has moved on, so that it is no longer possible. */
  const change = async (id: string, what: RunChange) => {
    try {
      return await registry.runs.change(id, what);
    } catch (error) {
      if (error instanceof RunTransitionError) return null;
      throw error;
    }
  };

  const handle = async (id: string): Promise<void> => {
    const hasWaited = waiting.delete(id);
    try {
      await look(id);
    } finally {
      if (hasWaited && !waiting.has(id)) takeNext();
    }
  };

  const takeNext = (): void => {
    const [next] = waiting;
    if (next !== undefined && active.size < concurrency) follower.add(next);
  };

  const look = async (id: string): Promise<void> => {
    const run = await registry.runs.get(id);
    if (run.kind !== kind) return;
    const mine = active.get(id);
    if (isFinal(run.state)) {
      leases.forget(id);
      mine?.stop.abort('lost' satisfies Stop);
      return announceRun(run, { bus, registry, before });
    }
    if (mine) return run.cancelReason === null ? undefined : mine.stop.abort('cancelled' satisfies Stop);
    if (run.state === 'running' && !leases.isOver(run)) return;
    if (run.cancelReason !== null) {
      await change(id, { type: 'cancel' });
    } else if (run.state === 'running' && run.attempts >= maxAttempts) {
      const reason = `the process that computed it ended, ${run.attempts} times`;
      const error = new JobEndedError({ run: id, reason, exitCode: null });
      await change(id, { type: 'fail', error: error.toJSON() });
    } else if (active.size >= concurrency) {
      waiting.add(id);
    } else if (!isClosed) {
      begin(run);
    }
  };

  const begin = (run: RunAt): void => {
    const stop = new AbortController();
    const ended = attempt(run, stop)
      .catch((error: unknown) => onProblem(error, run.id))
      .finally(() => {
        active.delete(run.id);
        leases.forget(run.id);
        follower.add(run.id);
        takeNext();
      });
    active.set(run.id, { stop, ended });
  };

  const attempt = async ({ id, attempts }: RunAt, stop: AbortController): Promise<void> => {
    const number = attempts + 1;
    const started = await change(id, { type: 'start', attempt: number });
    if (!started?.changed) return; // another replica has it
    const { signal } = stop;
    const alive = keepAlive({
      registry,
      id,
      attempt: number,
      everyMs: leaseMs / 3,
      onLost: (why) => stop.abort(why satisfies Stop),
      onProblem: (error) => onProblem(error, id),
    });
    let end: RunChange | null;
    try {
      const work = async () => {
        await announceStart(bus, started.run, number);
        const { traceparent, kind } = started.run;
        return inSpan({ name: `run ${kind}`, ...(traceparent && { traceparent }) }, () =>
          execute(started.run, { signal, progress: alive.progress, cancel }),
        );
      };
      const onWait = (error: AppError) => alive.progress({ message: describeError(error).slice(0, 500) });
      end = { type: 'succeed', artifact: await persist(work, { signal, onWait }) };
    } catch (error) {
      if (error instanceof Unneeded) await change(id, { type: 'request-cancel', reason: error.message });
      end = error instanceof Unneeded ? { type: 'cancel' } : endOf(error, signal, number);
      if (end?.type === 'fail' && !(error instanceof AppError)) onProblem(error, id);
    } finally {
      await alive.stop();
    }
    if (end) await change(id, end);
  };

  const follower = createRunFollower({ kind, registry, handle, onProblem, everyMs });
  return {
    start: () => follower.start(),
    add: (id) => follower.add(id),
    async close() {
      isClosed = true;
      for (const { stop } of active.values()) stop.abort('closed' satisfies Stop);
      await Promise.all([...active.values()].map(({ ended }) => ended));
      leases.close();
      await follower.close();
    },
  };
}

/** What `cancel` throws. */
class Unneeded extends Error {}

const cancel = (reason: string): never => {
  throw new Unneeded(reason);
};

/** What an attempt without a result means for its run; null if the run is somebody else's by now. */
function endOf(error: unknown, signal: AbortSignal, attempt: number): RunChange | null {
  if (!signal.aborted) return { type: 'fail', error: toDocument(error) };
  switch (signal.reason as Stop) {
    case 'cancelled':
      return { type: 'cancel' };
    case 'closed':
      return { type: 'queue', afterAttempt: attempt };
    case 'lost':
      return null;
  }
}

const toDocument = (error: unknown): ErrorDocument =>
  error instanceof AppError
    ? error.toJSON()
    : { code: 'unexpected', message: 'Something unexpected happened; the log of the service says what.', facts: {} };
