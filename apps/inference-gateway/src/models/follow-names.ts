import type { Clock } from '@medlego/async';
import type { ModelHost } from './model-host.ts';

/**
 * Loads what names newly point at, until the signal is aborted. A version that does not load leaves the old one serving, and is
 * tried again; a version that was rolled back is left alone.
 *
 * @param everyMs how often the store is asked
 */
export async function followNames(
  host: ModelHost,
  { clock, everyMs, signal }: { readonly clock: Clock; readonly everyMs: number; readonly signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(everyMs, signal).catch(() => undefined); // ends the loop below
    if (signal.aborted) return;
    for (const slot of host.slots.values()) {
      try {
        const digest = await host.store.resolve(slot.name, { kind: ['specialist', 'generalist'] });
        if (digest !== slot.current?.artifact.digest && digest !== slot.rejected) await host.load(slot.name);
      } catch {
        // `load` has noted the problem on the slot; a store that cannot be reached is asked again
      }
    }
  }
}
