import { RunTransitionError } from '@medlego/errors';
import type { Registry, RunChange, RunProgress } from '@medlego/registry';

export interface KeepAliveOptions {
  readonly registry: Registry;
  readonly id: string;
  readonly attempt: number;
  readonly everyMs: number;
  /** Told when the attempt should end: somebody cancels the run, or another attempt has begun or ended it. */
  readonly onLost: (why: 'cancelled' | 'lost') => void;
  /** Told of a registry that does not answer. If that lasts, the run is started again. */
  readonly onProblem: (error: unknown) => void;
}

/** Shows that an attempt is being worked on, until it is stopped. */
export function keepAlive({ registry, id, attempt, everyMs, onLost, onProblem }: KeepAliveOptions) {
  let last: Promise<void> = Promise.resolve();
  const tell = (change: RunChange): Promise<void> =>
    (last = last.then(async () => {
      try {
        const { run } = await registry.runs.change(id, change);
        if (run.state !== 'running' || run.attempts !== attempt) onLost('lost');
        else if (run.cancelReason !== null) onLost('cancelled');
      } catch (error) {
        if (error instanceof RunTransitionError) onLost('lost');
        else onProblem(error);
      }
    }));
  const timer = setInterval(() => void tell({ type: 'alive', attempt }), everyMs);
  return {
    progress: (progress: Partial<RunProgress>) => tell({ type: 'progress', attempt, progress }),
    stop(): Promise<void> {
      clearInterval(timer);
      return last;
    },
  };
}
