/** A version of a name: immutable. */
export interface PublishedVersion {
  /** Counted from 1. */
  readonly version: number;
  readonly digest: string;
  /** ISO 8601 in UTC. */
  readonly at: string;
  /** Who: a service, or the subject of a token. */
  readonly by: string;
}

export const decisionOutcomes = ['promoted', 'rolled-back', 'refused'] as const;
export type DecisionOutcome = (typeof decisionOutcomes)[number];

/** What was decided about a version, and why. */
export interface Decision {
  readonly outcome: DecisionOutcome;
  readonly version: number;
  /** What was served before; null for nothing. */
  readonly previous: number | null;
  /** Digest of the report that it rests on; null for a decision by hand. */
  readonly report: string | null;
  readonly reason: string;
  readonly by: string;
  readonly at: string;
}

/** A name, its versions and decisions, oldest first, and the version that is served. */
export interface NameRecord {
  readonly kind: string;
  readonly name: string;
  readonly versions: readonly PublishedVersion[];
  readonly serving: number | null;
  readonly decisions: readonly Decision[];
  /** How many older versions and decisions lie in the archive. */
  readonly archived: { readonly versions: number; readonly decisions: number };
}

export type NameRecordAt = NameRecord & { readonly revision: number };

/** Of the newest versions and decisions so many stay in the document; it has to fit one message of the broker. */
export const keptInline = 500;
