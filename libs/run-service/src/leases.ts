import type { RunAt } from '@medlego/registry';

/** Which runs that others compute have shown no life for too long. Clocks of other machines play no part. */
export interface Leases {
  /** Notes the run as it is now. True if nothing about it has changed for the whole lease. */
  isOver(run: RunAt): boolean;
  forget(id: string): void;
  close(): void;
}

/** @param onOver asks to look at a run again, since its lease may be over */
export function createLeases(leaseMs: number, onOver: (id: string) => void): Leases {
  const seen = new Map<string, { revision: number; since: number; timer: NodeJS.Timeout }>();
  const forget = (id: string) => {
    clearTimeout(seen.get(id)?.timer);
    seen.delete(id);
  };
  return {
    isOver({ id, revision }) {
      const before = seen.get(id);
      if (before?.revision === revision) return performance.now() - before.since >= leaseMs;
      forget(id);
      const timer = setTimeout(onOver, leaseMs + 1, id);
      timer.unref();
      seen.set(id, { revision, since: performance.now(), timer });
      return false;
    },
    forget,
    close() {
      for (const id of [...seen.keys()]) forget(id);
    },
  };
}
