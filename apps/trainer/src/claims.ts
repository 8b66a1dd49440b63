import type { Registry } from '@medlego/registry';

/** Which replica starts the Job of a run, where each has Jobs of its own: child processes of its machine. */
export interface Claims {
  /** True if the run is this replica's: nobody has it, it had it before, or who has it has shown no life for too long. */
  take(run: string): Promise<boolean>;
  /** Forgets the claim of a run that has ended. */
  release(run: string): Promise<void>;
  start(): void;
  close(): Promise<void>;
}

export interface ClaimsOptions {
  readonly documents: Registry['documents'];
  /** Of this replica, the same after it was started again. Lower-case letters and digits. */
  readonly owner: string;
  /** After so long without a sign of life a replica's runs are taken over. By this process's own clock. Default: 60,000. */
  readonly leaseMs?: number;
  readonly onProblem: (error: unknown) => void;
}

interface Claim {
  readonly owner: string;
}

const claimKey = (run: string) => `job-claim.${run}`;
const lifeKey = (owner: string) => `job-claimant.${owner}`;

export function createClaims({ documents, owner, leaseMs = 60_000, onProblem }: ClaimsOptions): Claims {
  const seen = new Map<string, { readonly revision: number; readonly since: number }>();
  let timer: NodeJS.Timeout | undefined;
  let beating = Promise.resolve();

  const beat = async (): Promise<void> => {
    const entry = await documents.get(lifeKey(owner));
    const beats = ((entry?.value as { readonly beats?: number } | undefined)?.beats ?? 0) + 1;
    await (entry
      ? documents.update(lifeKey(owner), { beats }, entry.revision)
      : documents.create(lifeKey(owner), { beats }));
  };
  const tick = () => void (beating = beating.then(beat).catch(onProblem));

  const isGone = async (other: string): Promise<boolean> => {
    const revision = (await documents.get(lifeKey(other)))?.revision ?? 0;
    const before = seen.get(other);
    if (before?.revision === revision) return performance.now() - before.since >= leaseMs;
    seen.set(other, { revision, since: performance.now() });
    return false;
  };

  const take = async (run: string): Promise<boolean> => {
    const entry = await documents.get(claimKey(run));
    const claim: Claim = { owner };
    if (!entry) return (await documents.create(claimKey(run), claim)) !== undefined || take(run);
    const holder = (entry.value as Claim).owner;
    if (holder === owner) return true;
    if (!(await isGone(holder))) return false;
    return (await documents.update(claimKey(run), claim, entry.revision)) !== undefined;
  };

  return {
    take,
    async release(run) {
      const entry = await documents.get(claimKey(run));
      if (entry) await documents.delete(claimKey(run), entry.revision);
    },
    start() {
      tick();
      timer = setInterval(tick, leaseMs / 6);
      timer.unref();
    },
    async close() {
      clearInterval(timer);
      await beating;
    },
  };
}
