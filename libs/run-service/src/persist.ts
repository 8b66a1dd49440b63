import { AppError } from '@medlego/errors';
import { pause } from './pause.ts';

export interface PersistOptions {
  readonly signal: AbortSignal;
  /** Told before each wait. */
  readonly onWait: (error: AppError) => Promise<void>;
  readonly firstMs?: number;
  readonly mostMs?: number;
}

/** Repeats work for as long as it fails for want of a server or of room; an outage is no reason to give up a run. */
export async function persist<T>(work: () => Promise<T>, options: PersistOptions): Promise<T> {
  const { signal, onWait, firstMs = 500, mostMs = 30_000 } = options;
  for (let round = 0; ; round++) {
    try {
      return await work();
    } catch (error) {
      const passes = error instanceof AppError && (error.kind === 'unavailable' || error.kind === 'exhausted');
      if (!passes || signal.aborted) throw error;
      await onWait(error);
      await pause(Math.min(mostMs, firstMs * 2 ** Math.min(round, 20)), signal);
      if (signal.aborted) throw error;
    }
  }
}
