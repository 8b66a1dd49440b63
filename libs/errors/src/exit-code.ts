import { AppError } from './app-error.ts';

/** Exit codes of commands and Jobs: 64 means "will fail again", 75 means "stopped, run me again to go on". */
export const exitCodes = { done: 0, failed: 1, badRequest: 64, stopped: 75 } as const;

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof AppError)) return exitCodes.failed;
  switch (error.kind) {
    case 'bad_input':
    case 'not_found':
    case 'conflict':
    case 'unsupported':
      return exitCodes.badRequest;
    case 'stopped':
      return exitCodes.stopped;
    case 'corrupt':
    case 'exhausted':
    case 'unavailable':
      return exitCodes.failed;
  }
}
