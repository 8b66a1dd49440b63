import type { Clock } from '@medlego/async';
import type { NameRegistry } from '@medlego/registry';
import type { ModelHost } from './model-host.ts';

export interface FollowOptions {
  readonly clock: Clock;
  /** How often every name is asked about, whatever is told. */
  readonly everyMs: number;
  /** Tells of changes at once. */
  readonly names?: NameRegistry;
  readonly signal: AbortSignal;
}

/**
 * Loads what names newly stand for, as `wantedVersion` says, until the signal is aborted. A version that does not load leaves the old one serving,
 * and is tried again; a version that was rolled back on this server is left alone.
 */
export async function followNames(host: ModelHost, { clock, everyMs, names, signal }: FollowOptions): Promise<void> {
  const news = new News();
  let watching = false;
  const watch = async (registry: NameRegistry): Promise<void> => {
    watching = true;
    try {
      for await (const { name } of registry.watch({ signal })) if (host.slots.has(name)) news.tell();
    } catch {
      // A broker that went away: names are asked for meanwhile, and the watch begins again with the next round.
    } finally {
      watching = false;
    }
  };
  while (!signal.aborted) {
    if (names && !watching) void watch(names);
    await news.within(clock, everyMs, signal);
    if (signal.aborted) return;
    await Promise.all([...host.slots.values()].map(({ name }) => update(host, name)));
  }
}

async function update(host: ModelHost, name: string): Promise<void> {
  try {
    const slot = host.slot(name);
    const digest = await host.wanted(name);
    if (digest === slot.current?.artifact.digest)
      slot.rejected = null; // what was left may come back
    else if (digest !== null && digest !== slot.rejected) await host.load(name, digest);
  } catch {
    // `load` has noted the problem on the slot; a store that cannot be reached is asked again
  }
}

/** Something to wait for that may have come already. */
class News {
  #has = false;
  #wake: (() => void) | undefined;

  tell(): void {
    this.#has = true;
    this.#wake?.();
  }

  /** Resolves when something was told since it last did, at the latest after `ms`, or with the signal. */
  async within(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    const slept = new AbortController();
    const told = new Promise<void>((resolve) => (this.#wake = resolve));
    const sleep = clock.sleep(ms, AbortSignal.any([signal, slept.signal])).catch(() => undefined); // woken
    if (!this.#has) await Promise.race([told, sleep]);
    this.#has = false;
    slept.abort();
  }
}
