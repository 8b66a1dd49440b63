import { AppError, InvalidValueError } from '@medlego/errors';
import { throwIfStopped } from './abort.ts';
import { systemClock, type Clock } from './clock.ts';

export interface RetryOptions {
  /** Calls in all, the first included. Default: 5. */
  readonly attempts?: number;
  /** Longest wait before the second call; doubles from there on. Default: 200 ms. */
  readonly baseDelayMs?: number;
  /** Longest wait of all. Default: 10 s. */
  readonly maxDelayMs?: number;
  /** Whether this failure deserves another call. Default: AppErrors of kind `unavailable`. */
  readonly isRetryable?: (error: unknown) => boolean;
  /** Called before each wait: for logs. */
  readonly onRetry?: (retry: { readonly attempt: number; readonly delayMs: number; readonly error: unknown }) => void;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Uniform in [0, 1). Default: Math.random; only delays depend on it, never results. */
  readonly random?: () => number;
}

/**
 * Calls `work` until it succeeds, fails for good or has failed `attempts` times; rejects with the last failure.
 * Waits are uniform between zero and a limit that doubles ("full jitter"), so that many clients of one broken server
 * do not come back together.
 *
 * @throws what `work` throws; AbortedError if the signal is aborted before a call or during a wait
 */
export async function retry<T>(work: (attempt: number) => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { attempts = 5, baseDelayMs = 200, maxDelayMs = 10_000, isRetryable = isUnavailable } = options;
  const { onRetry, signal, clock = systemClock, random = Math.random } = options;
  if (!Number.isInteger(attempts) || attempts < 1)
    throw new InvalidValueError({ field: 'attempts', expected: 'a whole number from 1', actual: attempts });

  for (let attempt = 1; ; attempt++) {
    throwIfStopped(signal);
    try {
      return await work(attempt);
    } catch (error) {
      if (attempt >= attempts || signal?.aborted || !isRetryable(error)) throw error;
      const delayMs = random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1));
      onRetry?.({ attempt, delayMs, error });
      await clock.sleep(delayMs, signal).catch((interruption: unknown) => {
        throwIfStopped(signal);
        throw interruption;
      });
    }
  }
}

const isUnavailable = (error: unknown) => error instanceof AppError && error.kind === 'unavailable';
