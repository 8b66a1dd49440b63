import { exitCodes } from '@medlego/errors';

export type ExitVerdict =
  | { readonly next: 'succeeded' }
  | { readonly next: 'failed'; readonly reason: string }
  | { readonly next: 'again'; readonly counted: boolean; readonly reason: string };

const signalNames: Readonly<Record<number, string>> = {
  2: 'SIGINT',
  6: 'SIGABRT',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  15: 'SIGTERM',
};

/** An exit code in words. Codes above 128 are what a shell and Kubernetes make of a signal. */
export function describeExit(exitCode: number): string {
  if (exitCode === exitCodes.done) return 'done';
  if (exitCode === exitCodes.badRequest) return 'refused its input (exit code 64); the log says why';
  if (exitCode === exitCodes.stopped) return 'stopped; it can be resumed';
  if (exitCode === 137) return 'ended by SIGKILL: out of memory, or forced to stop';
  if (exitCode > 128) return `ended by ${signalNames[exitCode - 128] ?? `signal ${exitCode - 128}`}`;
  return `failed with exit code ${exitCode}`;
}

/** What follows from an exit code; `attempt` is the one that ended, from 1. */
export function judgeExit(exitCode: number, attempt: number, maxAttempts: number): ExitVerdict {
  const reason = describeExit(exitCode);
  if (exitCode === exitCodes.done) return { next: 'succeeded' };
  if (exitCode === exitCodes.badRequest) return { next: 'failed', reason };
  if (exitCode === exitCodes.stopped) return { next: 'again', counted: false, reason };
  if (attempt >= maxAttempts) return { next: 'failed', reason: `${reason} (attempt ${attempt} of ${maxAttempts})` };
  return { next: 'again', counted: true, reason };
}
