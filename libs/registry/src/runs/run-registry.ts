import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { InvalidValueError, RunNotFoundError } from '@medlego/errors';
import { changeEntry } from '../change-entry.ts';
import type { KeyValue, WatchOptions } from '../key-value/key-value.ts';
import { advanceRun, type RunChange } from './advance-run.ts';
import { noProgress, type Json, type Run, type RunAt, type RunKind, type RunState } from './run.ts';

export interface RunDraft {
  readonly kind: RunKind;
  /** Chosen by the client: the same one again is the same run. 1 to 100 letters, digits, `.`, `_` and `-`. */
  readonly requestId: string;
  readonly name: string;
  readonly spec: Json;
  readonly sweep?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Not part of the request: sent again with another one it is the same. */
  readonly traceparent?: string | undefined;
}

/** All given conditions have to hold. */
export interface RunFilter {
  readonly ids?: readonly string[];
  readonly kinds?: readonly RunKind[];
  readonly states?: readonly RunState[];
  readonly sweep?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface RunPage {
  readonly runs: readonly RunAt[];
  /** For `after` of the next page; null on the last. */
  readonly next: string | null;
}

export interface RunRegistry {
  /**
   * Records a run, once.
   * @throws InvalidValueError for a request id that cannot be one, or that came before with another request
   */
  submit(draft: RunDraft): Promise<{ readonly run: RunAt; readonly created: boolean }>;
  /** @throws RunNotFoundError */
  get(id: string): Promise<RunAt>;
  /** Newest first, at most `limit` (default 100). */
  list(filter?: RunFilter, page?: { readonly limit?: number; readonly after?: string }): Promise<RunPage>;
  /**
   * Applies a change to the newest state; see `advanceRun` for what is possible. `changed` is false if it was so already.
   * @throws RunNotFoundError, RunTransitionError
   */
  change(id: string, change: RunChange): Promise<{ readonly run: RunAt; readonly changed: boolean }>;
  /** Runs as they are (unless `after` is given), then every change; resume with `after` = the revision of the last one. */
  watch(filter?: RunFilter, options?: Omit<WatchOptions, 'under'>): AsyncIterable<RunAt>;
}

const under = 'run';
const keyOf = (id: string) => `${under}.${id}`;
const idPattern = /^[a-z0-9][a-z0-9-]{0,62}$/;
const requestIdPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** Id of a run: follows from its kind and request id. */
export const runIdOf = (kind: RunKind, requestId: string): string =>
  `${kind}-${createHash('sha256').update(`${kind}\n${requestId}`).digest('hex').slice(0, 16)}`;

export function createRunRegistry(store: KeyValue, now: () => number = Date.now): RunRegistry {
  const timestamp = () => new Date(now()).toISOString();
  return {
    async submit({ kind, requestId, name, spec, sweep = null, labels = {}, traceparent }) {
      if (!requestIdPattern.test(requestId))
        throw new InvalidValueError({
          field: 'requestId',
          expected: '1 to 100 letters, digits, ".", "_" and "-"',
          actual: JSON.stringify(requestId.slice(0, 120)),
        });
      const at = timestamp();
      const id = runIdOf(kind, requestId);
      const request = { kind, requestId, name, sweep, labels, spec };
      const fresh: Run = {
        id,
        state: 'requested',
        ...request,
        attempts: 0,
        progress: noProgress,
        artifact: null,
        error: null,
        cancelReason: null,
        created: at,
        updated: at,
        ...(traceparent !== undefined && { traceparent }),
      };
      const { value, revision, changed } = await changeEntry<Run>(store, keyOf(id), (current) => current ?? fresh);
      const before = { kind, requestId, name: value.name, sweep: value.sweep, labels: value.labels, spec: value.spec };
      if (!changed && !isDeepStrictEqual(before, JSON.parse(JSON.stringify(request))))
        throw new InvalidValueError({
          field: 'requestId',
          expected: 'a new one, or the request that it stood for before',
          actual: `${requestId} with another request`,
        });
      return { run: { ...value, revision }, created: changed };
    },

    async get(id) {
      const entry = idPattern.test(id) ? await store.get(keyOf(id)) : undefined;
      if (!entry) throw new RunNotFoundError({ id });
      return { ...(entry.value as Run), revision: entry.revision };
    },

    async list(filter = {}, { limit = 100, after } = {}) {
      const entries = await store.list(under);
      const runs = entries
        .map(({ value, revision }): RunAt => ({ ...(value as Run), revision }))
        .filter((run) => matches(run, filter))
        .sort((a, b) => (positionOf(a) < positionOf(b) ? 1 : -1));
      const rest = after === undefined ? runs : runs.filter((run) => positionOf(run) < after);
      const page = rest.slice(0, limit);
      return { runs: page, next: rest.length > page.length && page.length > 0 ? positionOf(page.at(-1)!) : null };
    },

    async change(id, change) {
      if (!idPattern.test(id)) throw new RunNotFoundError({ id });
      const { value, revision, changed } = await changeEntry<Run>(store, keyOf(id), (current) => {
        if (!current) throw new RunNotFoundError({ id });
        return advanceRun(current, change, timestamp());
      });
      return { run: { ...value, revision }, changed };
    },

    async *watch(filter = {}, options = {}) {
      for await (const change of store.watch({ ...options, under })) {
        if (change.deleted) continue;
        const run: RunAt = { ...(change.value as Run), revision: change.revision };
        if (matches(run, filter)) yield run;
      }
    },
  };
}

/** Sorts by time of creation; the id tells apart what was created in one millisecond. */
const positionOf = ({ created, id }: Run): string => `${created} ${id}`;

function matches(run: Run, { ids, kinds, states, sweep, labels = {} }: RunFilter): boolean {
  return (
    (ids === undefined || ids.includes(run.id)) &&
    (kinds === undefined || kinds.includes(run.kind)) &&
    (states === undefined || states.includes(run.state)) &&
    (sweep === undefined || run.sweep === sweep) &&
    Object.entries(labels).every(([name, value]) => run.labels[name] === value)
  );
}
