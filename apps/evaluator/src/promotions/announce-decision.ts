import { createHash } from 'node:crypto';
import type { Bus, Published } from '@medlego/bus';
import { NameNotFoundError } from '@medlego/errors';
import type { Decision, NameRecord, Registry } from '@medlego/registry';
import { count } from '@medlego/telemetry';

/** Digest of a version of a generalist, also of one that was archived. @throws NameNotFoundError */
export async function digestOf({ names }: Registry, generalist: string, version: number): Promise<string> {
  const isIt = (known: NameRecord['versions'][number]) => known.version === version;
  const recent = (await names.get('generalist', generalist)).versions;
  const found = recent.find(isIt) ?? (await names.history('generalist', generalist)).versions.find(isIt);
  if (found) return found.digest;
  const known = recent.slice(-5).map((candidate) => `${generalist}@${candidate.version}`);
  throw new NameNotFoundError({ name: `generalist/${generalist}`, version, known });
}

/** Tells the others what was decided about a version; the same decision is the same event. */
export async function announceDecision(
  generalist: string,
  decision: Decision,
  { bus, registry }: { readonly bus: Bus; readonly registry: Registry },
): Promise<void> {
  const { outcome, version, previous, report, reason, by, at } = decision;
  const artifact = await digestOf(registry, generalist, version);
  const id = createHash('sha256').update(`${generalist}@${version} ${outcome} ${at}`).digest('hex').slice(0, 32);
  const data = { artifact, name: generalist, version, reason, by, ...(report !== null && { report }) };
  const about = generalist;
  const { duplicate } = await publish();
  if (!duplicate) count('decisions', { outcome });

  function publish(): Promise<Published> {
    switch (outcome) {
      case 'promoted':
        return bus.publish({ type: 'generalist.promoted', about, id, data: { ...data, previous } });
      case 'rolled-back':
        return bus.publish({ type: 'generalist.rolled-back', about, id, data: { ...data, previous: previous! } });
      case 'refused':
        return bus.publish({ type: 'generalist.refused', about, id, data });
    }
  }
}
