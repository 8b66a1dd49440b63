interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

export interface FakeClock {
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Moves time on, waking sleepers in the order in which they are due, and lets the code that they wake run. */
  advance(ms: number): Promise<void>;
  /** Durations that were asked of `sleep`, in order. */
  readonly sleeps: readonly number[];
}

/**
 * A clock that stands still until it is told to go on; a `Clock` of `@medlego/async`.
 * With `autoAdvance` every sleep ends at once and time jumps by its length: for code that only waits one thing after another.
 */
export function fakeClock({
  start = 0,
  autoAdvance = false,
}: { start?: number; autoAdvance?: boolean } = {}): FakeClock {
  let now = start;
  const sleepers = new Set<Sleeper>();
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => now,
    sleep(ms, signal) {
      sleeps.push(ms);
      if (signal?.aborted) return Promise.reject(reasonOf(signal));
      if (autoAdvance) {
        now += ms;
        return Promise.resolve();
      }
      return new Promise((resolve, reject) => {
        const sleeper: Sleeper = { due: now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => sleepers.delete(sleeper) && reject(reasonOf(signal)), { once: true });
      });
    },
    async advance(ms) {
      const target = now + ms;
      for (;;) {
        await settle();
        const due = [...sleepers].filter((sleeper) => sleeper.due <= target).sort((a, b) => a.due - b.due)[0];
        if (!due) break;
        sleepers.delete(due);
        now = Math.max(now, due.due);
        due.wake();
      }
      now = target;
    },
  };
}

const reasonOf = (signal: AbortSignal): Error =>
  signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));

/** Lets promises that are ready run, however long their chains are. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
