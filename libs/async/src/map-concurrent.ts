import { InvalidValueError } from '@medlego/errors';
import { throwIfStopped } from './abort.ts';

export interface MapConcurrentOptions {
  /** Most calls that run at the same time. */
  readonly limit: number;
  readonly signal?: AbortSignal;
}

/**
 * Maps with at most `limit` calls at a time; results are in the order of the items, whatever order they finish in.
 * Items are drawn as they are needed, so an endless or lazy source is never read ahead. After a failure or an abort no new
 * call starts; the promise rejects, with the first failure, when those that run have ended: nothing is left behind.
 */
export async function mapConcurrent<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  { limit, signal }: MapConcurrentOptions,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  if (!Number.isInteger(limit) || limit < 1)
    throw new InvalidValueError({ field: 'limit', expected: 'a whole number from 1', actual: limit });
  const results: R[] = [];
  const failures: unknown[] = [];
  let running = 0;
  let onEnd: (() => void) | undefined;
  const oneEnds = () => new Promise<void>((resolve) => (onEnd = resolve));
  let index = 0;
  try {
    for await (const item of items) {
      throwIfStopped(signal);
      const at = index++;
      running++;
      void (async () => {
        try {
          results[at] = await work(item, at);
        } catch (error) {
          failures.push(error);
        }
        running--;
        onEnd?.();
      })();
      if (running >= limit) await oneEnds();
      if (failures.length > 0) break;
    }
  } catch (error) {
    failures.push(error);
  }
  while (running > 0) await oneEnds();
  if (failures.length > 0) throw failures[0];
  return results;
}
