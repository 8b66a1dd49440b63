/** Handles keys one after another: each at most once at a time, and once more if it was added while it was being handled. */
export interface WorkSet {
  add(key: string): void;
  /** Takes no more, drops what waits, and resolves when what runs has ended. */
  close(): Promise<void>;
}

/** @param onError told of each key that failed; it is not repeated by itself */
export function createWorkSet(
  handle: (key: string) => Promise<void>,
  onError: (error: unknown, key: string) => void,
  concurrency = 8,
): WorkSet {
  const waiting = new Set<string>();
  const running = new Map<string, Promise<void>>();
  let isClosed = false;

  const next = () => {
    for (const key of waiting) {
      if (running.size >= concurrency) return;
      if (running.has(key)) continue;
      waiting.delete(key);
      const work = handle(key)
        .catch((error: unknown) => onError(error, key))
        .finally(() => {
          running.delete(key);
          next();
        });
      running.set(key, work);
    }
  };
  return {
    add(key) {
      if (isClosed) return;
      waiting.add(key);
      next();
    },
    async close() {
      isClosed = true;
      waiting.clear();
      await Promise.all(running.values());
    },
  };
}
