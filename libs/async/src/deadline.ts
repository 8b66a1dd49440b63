import { DeadlineExceededError } from '@medlego/errors';
import { stopReason } from './abort.ts';
import { systemClock, type Clock } from './clock.ts';

export interface DeadlineOptions {
  /** What is being waited for, in words, for the error. */
  readonly what: string;
  readonly timeoutMs: number;
  /** Stops the work early, besides the deadline. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/**
 * Runs `work` with a signal that is aborted at the deadline or with `signal`. Rejects at that moment even if `work` goes on
 * regardless of its signal; its late outcome is dropped.
 *
 * @throws DeadlineExceededError, AbortedError, or what `work` throws
 */
export async function withDeadline<T>(
  { what, timeoutMs, signal, clock = systemClock }: DeadlineOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const finished = new AbortController();
  const combined = signal ? AbortSignal.any([signal, deadline.signal]) : deadline.signal;
  if (combined.aborted) throw stopReason(combined, what);

  clock.sleep(timeoutMs, finished.signal).then(
    () => deadline.abort(new DeadlineExceededError({ what, timeoutMs })),
    () => {}, // the work was faster
  );
  try {
    return await Promise.race([work(combined), rejectWhenAborted(combined, what)]);
  } finally {
    finished.abort();
  }
}

function rejectWhenAborted(signal: AbortSignal, what: string): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(stopReason(signal, what)), { once: true });
  });
}
