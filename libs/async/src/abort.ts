import { AppError, AbortedError } from '@medlego/errors';

/**
 * The error that an aborted signal stands for: its own reason where that is an AppError (a deadline, a stop with a message),
 * else a AbortedError, which ends a command with the "stopped, resumable" exit code.
 */
export function stopReason(signal: AbortSignal, what = 'The operation'): AppError {
  const reason: unknown = signal.reason;
  return reason instanceof AppError ? reason : new AbortedError({ what }, { cause: reason });
}

/** Throws `stopReason` if the signal is aborted: the check between two steps of a loop. */
export function throwIfStopped(signal: AbortSignal | undefined, what?: string): void {
  if (signal?.aborted) throw stopReason(signal, what);
}
