import { InvalidValueError, NameNotFoundError, RevisionConflictError } from '@medlego/errors';
import { changeEntry } from '../change-entry.ts';
import type { KeyValue, WatchOptions } from '../key-value/key-value.ts';
import { toSegment } from '../key-value/keys.ts';
import { archiveOld, readArchive } from './archive.ts';
import type { Decision, NameRecord, NameRecordAt, PublishedVersion } from './name-record.ts';

export interface PublishOptions {
  readonly by: string;
  /** Compare-and-set: the digest that has to be the newest, null for "must be new". Default: anything. */
  readonly expected?: string | null;
}

export interface DecideOptions {
  readonly by: string;
  readonly reason: string;
  readonly report?: string;
  /** Compare-and-set: the version that has to be served, null for none. Default: anything. */
  readonly expectedServing?: number | null;
}

export interface NameRegistry {
  /** Appends a version; publishing the newest digest again adds none. @throws RevisionConflictError, InvalidValueError */
  publish(kind: string, name: string, digest: string, options: PublishOptions): Promise<PublishedVersion>;
  /** @throws NameNotFoundError */
  get(kind: string, name: string): Promise<NameRecordAt>;
  /** All versions and decisions, the archived ones too. @throws NameNotFoundError */
  history(kind: string, name: string): Promise<NameRecord>;
  /** Sorted by kind and name; at most `limit` (default 100), after the name that `after` is the key of. */
  list(options?: { readonly kinds?: readonly string[]; readonly limit?: number; readonly after?: string }): Promise<{
    readonly names: readonly NameRecordAt[];
    readonly next: string | null;
  }>;
  /** Serves a version; promoting what is served changes nothing. @throws NameNotFoundError, RevisionConflictError */
  promote(kind: string, name: string, version: number, options: DecideOptions): Promise<Decision>;
  /** Serves an earlier version again: a given one, or the one before. @throws NameNotFoundError, InvalidValueError, RevisionConflictError */
  rollBack(kind: string, name: string, version: number | undefined, options: DecideOptions): Promise<Decision>;
  /** Keeps why the gate did not let a version pass; the same refusal again adds none. @throws NameNotFoundError */
  refuse(kind: string, name: string, version: number, options: DecideOptions): Promise<Decision>;
  /** Names as they are (unless `after` is given), then every change. */
  watch(options?: Omit<WatchOptions, 'under'>): AsyncIterable<NameRecordAt>;
}

const under = 'name';
const namePattern = /^[a-z0-9][a-z0-9._-]{0,99}$/;

function keyOf(kind: string, name: string): string {
  for (const [field, text] of Object.entries({ kind, name }))
    if (!namePattern.test(text))
      throw new InvalidValueError({
        field,
        expected: 'at most 100 lower-case letters, digits, "-", "_" and "."',
        actual: JSON.stringify(text.slice(0, 120)),
      });
  return `${under}.${toSegment(kind)}.${toSegment(name)}`;
}

export function createNameRegistry(store: KeyValue, now: () => number = Date.now): NameRegistry {
  const timestamp = () => new Date(now()).toISOString();

  /** Changes a record by compare-and-set; old entries are in the archive before they leave the document. */
  const change = async (kind: string, name: string, next: (current: NameRecord | undefined) => NameRecord) => {
    const { value } = await changeEntry<NameRecord>(store, keyOf(kind, name), next);
    await archiveOld(store, keyOf(kind, name), value);
    return value;
  };

  const decide = async (
    kind: string,
    name: string,
    { by, reason, report = null, expectedServing }: Omit<DecideOptions, 'report'> & { report?: string | null },
    toDecision: (current: NameRecord) => Pick<Decision, 'outcome' | 'version'>,
  ): Promise<Decision> => {
    let decision: Decision | undefined;
    await change(kind, name, (current) => {
      if (!current) throw new NameNotFoundError({ name: `${kind}/${name}`, version: 0, known: [] });
      if (expectedServing !== undefined && current.serving !== expectedServing)
        throw new RevisionConflictError({
          key: `${kind}/${name}`,
          expected: `version ${expectedServing ?? 'none'} to be served`,
          actual: `${current.serving ?? 'none'}`,
        });
      const { outcome, version } = toDecision(current);
      assertVersion(current, version);
      decision = repeated(current, outcome, version, report);
      if (decision) return current;
      decision = { outcome, version, previous: current.serving, report, reason, by, at: timestamp() };
      return {
        ...current,
        serving: outcome === 'refused' ? current.serving : version,
        decisions: [...current.decisions, decision],
      };
    });
    return decision!;
  };

  return {
    async publish(kind, name, digest, { by, expected }) {
      const record = await change(kind, name, (current) => {
        const newest = current?.versions.at(-1);
        if (expected !== undefined && (newest?.digest ?? null) !== expected)
          throw new RevisionConflictError({
            key: `${kind}/${name}`,
            expected: expected ?? 'nothing',
            actual: newest?.digest ?? 'nothing',
          });
        if (current && newest?.digest === digest) return current;
        const version: PublishedVersion = { version: (newest?.version ?? 0) + 1, digest, at: timestamp(), by };
        const empty = {
          kind,
          name,
          versions: [],
          serving: null,
          decisions: [],
          archived: { versions: 0, decisions: 0 },
        };
        const base: NameRecord = current ?? empty;
        return { ...base, versions: [...base.versions, version] };
      });
      return record.versions.findLast((version) => version.digest === digest)!;
    },

    async get(kind, name) {
      const entry = await store.get(keyOf(kind, name));
      if (!entry) throw new NameNotFoundError({ name: `${kind}/${name}`, version: 0, known: [] });
      return { ...(entry.value as NameRecord), revision: entry.revision };
    },

    async history(kind, name) {
      const entry = await store.get(keyOf(kind, name));
      if (!entry) throw new NameNotFoundError({ name: `${kind}/${name}`, version: 0, known: [] });
      return readArchive(store, keyOf(kind, name), entry.value as NameRecord);
    },

    async list({ kinds, limit = 100, after } = {}) {
      const entries = (await store.list(under)).filter(({ key, value }) => {
        const isWanted = kinds === undefined || kinds.includes((value as NameRecord).kind);
        return isWanted && (after === undefined || key > after);
      });
      const page = entries.slice(0, limit);
      return {
        names: page.map(({ value, revision }) => ({ ...(value as NameRecord), revision })),
        next: entries.length > page.length ? (page.at(-1)?.key ?? null) : null,
      };
    },

    promote: (kind, name, version, options) => decide(kind, name, options, () => ({ outcome: 'promoted', version })),

    rollBack: (kind, name, version, options) =>
      decide(kind, name, options, (current) => ({
        outcome: 'rolled-back',
        version: version ?? previouslyServed(current),
      })),

    refuse: (kind, name, version, options) => decide(kind, name, options, () => ({ outcome: 'refused', version })),

    async *watch(options = {}) {
      for await (const entry of store.watch({ ...options, under }))
        if (!entry.deleted) yield { ...(entry.value as NameRecord), revision: entry.revision };
    },
  };
}

function assertVersion({ kind, name, versions }: NameRecord, version: number): void {
  if (Number.isInteger(version) && version >= 1 && version <= versions.at(-1)!.version) return;
  const known = versions.slice(-5).map((candidate) => `${name}@${candidate.version}`);
  throw new NameNotFoundError({ name: `${kind}/${name}`, version, known });
}

/** The decision that says the same already; undefined for a new one. */
function repeated({ serving, decisions }: NameRecord, outcome: string, version: number, report: string | null) {
  if (outcome === 'refused')
    return decisions.findLast(
      (before) => before.outcome === outcome && before.version === version && before.report === report,
    );
  return serving === version
    ? decisions.findLast((before) => before.outcome !== 'refused' && before.version === version)
    : undefined;
}

/** What was served before the version that is. */
function previouslyServed({ kind, name, serving, decisions }: NameRecord): number {
  const last = decisions.findLast((decision) => decision.outcome !== 'refused' && decision.version === serving);
  if (!last || last.previous === null)
    throw new InvalidValueError({
      field: `${kind}/${name}`,
      expected: 'an earlier version that was served',
      actual: serving === null ? 'none that is served' : `version ${serving} as the first`,
    });
  return last.previous;
}
