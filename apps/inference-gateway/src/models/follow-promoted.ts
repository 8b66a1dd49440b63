import type { NameRecord, NameRegistry } from '@medlego/registry';
import type { ModelHost } from './model-host.ts';

const kind = 'generalist';

/** Loads every generalist of which a version is promoted. What does not load is left for `followPromoted`. */
export async function loadPromoted(host: ModelHost, names: NameRegistry): Promise<void> {
  let after: string | undefined;
  do {
    const page = await names.list({ kinds: [kind], ...(after !== undefined && { after }) });
    for (const record of page.names) await takeUp(host, record);
    after = page.next ?? undefined;
  } while (after !== undefined);
}

/** The watch begins again so often, with all names as they are: what did not load is tried again. */
const againMs = 10_000;

/** Takes up generalists as versions of them are first promoted, until the signal is aborted; what happens to a name then is `followNames`'s. */
export async function followPromoted(host: ModelHost, names: NameRegistry, stopped: AbortSignal): Promise<void> {
  while (!stopped.aborted) {
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(againMs)]);
    try {
      for await (const record of names.watch({ signal })) if (record.kind === kind) await takeUp(host, record);
    } catch {
      // A broker that went away: the watch begins again.
    }
    await host.clock.sleep(1000, stopped).catch(() => undefined); // stopped: the loop ends
  }
}

async function takeUp(host: ModelHost, { name, serving, versions }: NameRecord): Promise<void> {
  const promoted = versions.find(({ version }) => version === serving);
  if (promoted && !host.slots.has(name)) await host.load(name, promoted.digest).catch(() => undefined); // comes again
}
