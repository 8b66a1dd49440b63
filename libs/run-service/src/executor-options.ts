import type { Bus } from '@medlego/bus';
import type { Registry, Run, RunAt, RunKind, RunProgress } from '@medlego/registry';

export interface ExecuteContext {
  /** Aborted when the run is cancelled, when the service closes, or when the run went to another replica. */
  readonly signal: AbortSignal;
  /** Says how far it is; a report that cannot be delivered is left out. */
  readonly progress: (progress: Partial<RunProgress>) => Promise<void>;
  /** Ends the run as cancelled: nobody needs it any more. */
  readonly cancel: (reason: string) => never;
}

export interface RunExecutorOptions {
  readonly kind: RunKind;
  readonly bus: Bus;
  readonly registry: Registry;
  /**
   * Computes a run; the digest of its result, which is complete in the store by then. May be repeated, also by two replicas at once, so
   * equal runs have to give equal results. A failure of kind `unavailable` or `exhausted` is waited out; any other one is the run's.
   */
  readonly execute: (run: RunAt, context: ExecuteContext) => Promise<string>;
  /** Comes between the end of a run and the event about it; see `announceRun`. */
  readonly before?: (run: Run) => Promise<void>;
  /** Runs that are computed at the same time. Default: 1. */
  readonly concurrency?: number;
  /** After so long without a sign of life a run counts as abandoned. Measured by this process's own clock. Default: 15,000. */
  readonly leaseMs?: number;
  /** A run whose process ended this often is given up. Default: 5. */
  readonly maxAttempts?: number;
  /** Told of what failed in the background, with the run that it was about. */
  readonly onProblem: (error: unknown, run: string | null) => void;
  /** Milliseconds between full passes over all runs that have not ended. Default: 30,000. */
  readonly everyMs?: number;
}

export interface RunExecutor {
  /** Begins to take runs. */
  start(): void;
  /** Has one run looked at. */
  add(id: string): void;
  /** Stops what is being computed, so that another replica takes it up, and takes nothing more. */
  close(): Promise<void>;
}
