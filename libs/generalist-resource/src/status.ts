import type { V1Condition } from '@kubernetes/client-node';
import type { GeneralistResource, GeneralistStatus } from './resource.ts';

/** What the registry knows of a generalist. */
export interface GeneralistState {
  /** The newest version; null for none. */
  readonly version: number | null;
  readonly artifact: string | null;
  readonly serving: number | null;
  /** The last decision about the newest version. */
  readonly decision: { readonly outcome: 'promoted' | 'rolled-back' | 'refused'; readonly reason: string } | null;
  /** Mean accuracy of the newest version over its tasks; null if it was not measured. */
  readonly accuracy: number | null;
}

/** How the declaration was taken: undefined if it was, else why not. */
export type Refusal = { readonly code: string; readonly message: string } | undefined;

type ConditionDraft = Pick<V1Condition, 'type' | 'reason' | 'message'> & { readonly status: boolean | undefined };

/** The status of a resource, a pure function. A condition keeps its time of transition while its status stays. */
export function statusOf(
  resource: GeneralistResource,
  state: GeneralistState | undefined,
  refusal: Refusal,
  now: Date,
): GeneralistStatus {
  const generation = resource.metadata?.generation ?? 0;
  const conditions = drafts(state, refusal).map((draft): V1Condition => {
    const status = draft.status === undefined ? 'Unknown' : draft.status ? 'True' : 'False';
    const before = resource.status?.conditions?.find(({ type }) => type === draft.type);
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : now;
    return { ...draft, status, observedGeneration: generation, lastTransitionTime };
  });
  return {
    observedGeneration: generation,
    ...(state?.version != null && { version: state.version, artifact: state.artifact ?? '', gate: gateOf(state) }),
    ...(state?.serving != null && { serving: state.serving }),
    ...(state?.accuracy != null && { accuracy: state.accuracy.toFixed(3) }),
    conditions,
  };
}

function gateOf({ decision }: GeneralistState): GeneralistStatus['gate'] {
  if (!decision) return 'Pending';
  return decision.outcome === 'refused' ? 'Refused' : 'Passed';
}

function drafts(state: GeneralistState | undefined, refusal: Refusal): ConditionDraft[] {
  const accepted: ConditionDraft = refusal
    ? { type: 'Accepted', status: false, reason: toReason(refusal.code), message: clip(refusal.message) }
    : { type: 'Accepted', status: true, reason: 'Followed', message: 'New specialists of its tasks are merged' };
  return [accepted, merged(state), ready(state)];
}

function merged(state: GeneralistState | undefined): ConditionDraft {
  if (!state)
    return { type: 'Merged', status: undefined, reason: 'Unknown', message: 'The registry was not asked yet' };
  if (state.version === null)
    return { type: 'Merged', status: false, reason: 'WaitsForSpecialists', message: 'There is no version yet' };
  return { type: 'Merged', status: true, reason: 'Merged', message: `Version ${state.version} is the newest` };
}

function ready(state: GeneralistState | undefined): ConditionDraft {
  if (!state) return { type: 'Ready', status: undefined, reason: 'Unknown', message: 'The registry was not asked yet' };
  const { serving, version, decision } = state;
  const refused = decision?.outcome === 'refused' ? `; version ${version} was refused: ${decision.reason}` : '';
  if (serving !== null)
    return { type: 'Ready', status: true, reason: 'Serving', message: clip(`Version ${serving} is served${refused}`) };
  const reason = refused ? 'Refused' : version === null ? 'WaitsForSpecialists' : 'WaitsForPromotion';
  return { type: 'Ready', status: false, reason, message: clip(`No version is served${refused}`) };
}

/** An error's code as the reason of a condition: `invalid_value` becomes `InvalidValue`. */
const toReason = (code: string): string =>
  code.replaceAll(/(?:^|[^a-z0-9]+)([a-z0-9])/gu, (_, letter: string) => letter.toUpperCase());

const clip = (text: string): string => (text.length > 1000 ? `${text.slice(0, 1000)}...` : text);

/** Whether the server need not be told: all is the same but perhaps the order of keys. */
export function isSameStatus(a: GeneralistStatus | undefined, b: GeneralistStatus): boolean {
  return JSON.stringify(sorted(a ?? {})) === JSON.stringify(sorted(b));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value instanceof Date) return toSeconds(value);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    entries.map(([key, inner]) => [key, key === 'lastTransitionTime' ? toSeconds(inner) : sorted(inner)]),
  );
}

/** The server keeps times in whole seconds, and gives those of custom resources as text. */
const toSeconds = (time: unknown): number => Math.floor(new Date(time as string).getTime() / 1000);
