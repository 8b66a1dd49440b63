import { matchesLabels, type JobStatus, type WatchOptions } from './job-runner.ts';

/** Hands changes to any number of watchers. A slow watcher gets the last status of each job: memory is bounded by the number of jobs. */
export class ChangeFeed {
  readonly #watchers = new Set<(status: JobStatus) => void>();
  readonly #ended = new AbortController();

  publish(status: JobStatus): void {
    for (const watcher of this.#watchers) watcher(status);
  }

  /** Ends all watches. */
  close(): void {
    this.#ended.abort();
  }

  /** @param current gives the jobs as they stand; it is called after listening began, so nothing falls between */
  async *watch(options: WatchOptions, current: () => Promise<readonly JobStatus[]>): AsyncIterable<JobStatus> {
    const waiting = new Map<string, JobStatus>();
    let wake = Promise.withResolvers<void>();
    const add = (status: JobStatus) => {
      if (!matchesLabels(status.labels, options)) return;
      waiting.delete(status.name); // to the end of the line
      waiting.set(status.name, status);
      wake.resolve();
    };
    const signal = AbortSignal.any([options.signal, this.#ended.signal]);
    const onAbort = () => wake.resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    this.#watchers.add(add);
    const keepAlive = setInterval(() => {}, 2 ** 30); // jobs do not keep a process alive, but who waits for them does
    try {
      for (const status of await current()) if (!waiting.has(status.name)) add(status);
      while (!signal.aborted) {
        const next = waiting.entries().next().value;
        if (next) {
          waiting.delete(next[0]);
          yield next[1];
        } else {
          await wake.promise;
          wake = Promise.withResolvers<void>();
        }
      }
    } finally {
      clearInterval(keepAlive);
      this.#watchers.delete(add);
      signal.removeEventListener('abort', onAbort);
    }
  }
}
