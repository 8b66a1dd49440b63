import { systemClock, type Clock } from '@medlego/async';
import { isPassing } from './retry-calls.ts';

export interface ResumeOptions<T> {
  /** Where a message stands; the watch goes on after the newest that came. */
  readonly revisionOf: (message: T) => number;
  readonly after?: number;
  readonly signal?: AbortSignal;
  /** Wait before it begins again; default 500 ms. */
  readonly pauseMs?: number;
  readonly clock?: Clock;
}

/**
 * A watch that goes on where it broke, for as long as the other side can be reached again; failures that would come again are thrown.
 * @param open begins after a revision; 0 for everything as it is
 * @throws what `open` throws, unless its kind is `unavailable`
 */
export async function* resumeWatch<T>(
  open: (after: number) => AsyncIterable<T>,
  { revisionOf, after = 0, signal, pauseMs = 500, clock = systemClock }: ResumeOptions<T>,
): AsyncGenerator<T, void, undefined> {
  let newest = after;
  while (!signal?.aborted) {
    try {
      for await (const message of open(newest)) {
        newest = Math.max(newest, revisionOf(message));
        yield message;
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (!isPassing(error)) throw error;
    }
    await clock.sleep(pauseMs, signal).catch(() => undefined); // stopped: the loop ends
  }
}
