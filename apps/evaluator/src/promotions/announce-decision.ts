import { createHash } from 'node:crypto';
import type { Bus } from '@medlego/bus';
import { NameNotFoundError } from '@medlego/errors';
import type { Decision, NameRecord, Registry } from '@medlego/registry';

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
  switch (outcome) {
    case 'promoted':
      await bus.publish({ type: 'generalist.promoted', about, id, data: { ...data, previous } });
      return;
    case 'rolled-back':
      await bus.publish({ type: 'generalist.rolled-back', about, id, data: { ...data, previous: previous! } });
      return;
    case 'refused':
      await bus.publish({ type: 'generalist.refused', about, id, data });
  }
}
