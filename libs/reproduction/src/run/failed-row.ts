import { AppError } from '@medlego/errors';

/** A row, or the figures of a sort, that could not be made. */
export interface FailedRow {
  readonly id: string;
  readonly row: string;
  readonly sort: string | null;
  readonly seed: number;
  /** The error as a sentence. */
  readonly error: string;
}

/**
 * Runs `body`. What it throws is handed to `onFailed` as a sentence, so that one method that refuses its members does not take hours
 * of training down with it; a stop is thrown on.
 *
 * @returns null where `body` threw
 */
export async function unlessFailed<T>(
  signal: AbortSignal | undefined,
  body: () => Promise<T>,
  onFailed: (error: string) => void,
): Promise<T | null> {
  try {
    return await body();
  } catch (error) {
    if (signal?.aborted || (error instanceof AppError && error.kind === 'stopped')) throw error;
    onFailed(error instanceof AppError ? error.message : String(error));
    return null;
  }
}
