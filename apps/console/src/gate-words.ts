import { type ModelDetail } from './api/types.ts';

/** What the gate last said about a model, as a sentence. */
export function gateSentence({
  decisions,
  serving,
  versions,
}: Pick<ModelDetail, 'decisions' | 'serving' | 'versions'>): string {
  const last = decisions[0];
  const newest = versions[0]?.version ?? null;
  if (!last)
    return serving === null
      ? 'Served from a store without a registry: nobody decided about it, and no gate was applied.'
      : `Version ${serving} is served. No decision about it is on record.`;
  const because = last.reason ? ` Reason: ${last.reason.replace(/\.$/, '')}.` : '';
  const waiting = serving !== null && newest !== null && newest > Math.max(serving, last.version);
  const next = waiting ? ` Version ${newest} is newer and not yet decided.` : '';
  if (last.outcome === 'promoted') return `Version ${last.version} was promoted by ${last.by}.${because}${next}`;
  if (last.outcome === 'rolled-back') return `Rolled back to version ${last.version} by ${last.by}.${because}${next}`;
  return `Version ${last.version} was refused; version ${serving ?? 'none'} goes on serving.${because}${next}`;
}
