import { isFinal, type Registry, type RunKind } from '@medlego/registry';
import { pause } from './pause.ts';
import { createWorkSet } from './work-set.ts';

export interface RunFollowerOptions {
  readonly kind: RunKind;
  readonly registry: Registry;
  /** Does what a run needs now. Never at the same time for one run in this process; has to be idempotent. */
  readonly handle: (id: string) => Promise<void>;
  /** What else says that a run needs a look: ids, for as long as the signal lasts. */
  readonly others?: readonly ((signal: AbortSignal) => AsyncIterable<string>)[];
  /** Told of what failed, with the run that it was about; it is tried again with the next full pass. */
  readonly onProblem: (error: unknown, run: string | null) => void;
  /** Milliseconds between full passes over all runs that have not ended. Default: 30,000. */
  readonly everyMs?: number;
}

/** Looks at each run of a kind at the start, with each change, and all that have not ended once in a while. */
export interface RunFollower {
  start(): void;
  /** Has one run looked at, once it was started. */
  add(id: string): void;
  /** Follows no more, and resolves when what is being handled has ended. */
  close(): Promise<void>;
}

const restartMs = 1000;

export function createRunFollower(options: RunFollowerOptions): RunFollower {
  const { kind, registry, onProblem, others = [], everyMs = 30_000 } = options;
  const failed = new Set<string>();
  const work = createWorkSet(options.handle, (error, id) => {
    failed.add(id);
    onProblem(error, id);
  });
  const stop = new AbortController();
  const { signal } = stop;
  const followers: Promise<void>[] = [];
  let timer: NodeJS.Timeout | undefined;

  /** Follows until it is stopped; a stream that breaks begins again after a moment, with everything as it is. */
  const follow = async (open: (signal: AbortSignal) => AsyncIterable<string>) => {
    while (!signal.aborted) {
      try {
        for await (const id of open(signal)) work.add(id);
      } catch (error) {
        if (!signal.aborted) onProblem(error, null);
      }
      await pause(restartMs, signal);
    }
  };
  async function* changedRuns() {
    for await (const { id } of registry.runs.watch({ kinds: [kind] }, { signal })) yield id;
  }
  const pass = async () => {
    const again = [...failed];
    failed.clear();
    for (const id of again) work.add(id);
    try {
      let after: string | undefined;
      do {
        const page = await registry.runs.list({ kinds: [kind] }, { limit: 1000, ...(after && { after }) });
        for (const { id, state } of page.runs) if (!isFinal(state)) work.add(id);
        after = page.next ?? undefined;
      } while (after !== undefined && !signal.aborted);
    } catch (error) {
      if (!signal.aborted) onProblem(error, null);
    }
  };
  return {
    start() {
      if (followers.length > 0 || signal.aborted) return;
      followers.push(follow(changedRuns), ...others.map(follow));
      timer = setInterval(() => void pass(), everyMs);
    },
    add(id) {
      if (followers.length > 0) work.add(id);
    },
    async close() {
      stop.abort();
      clearInterval(timer);
      await Promise.all(followers);
      await work.close();
    },
  };
}
