import type { Bus } from '@medlego/bus';
import type { Run as RunMessage, RunFilter as FilterMessage } from '@medlego/contracts/rpc';
import { InvalidValueError, RunNotFoundError } from '@medlego/errors';
import type { Registry, RunAt, RunKind } from '@medlego/registry';
import { toKindFilter } from './run-filter.ts';
import { toRunMessage } from './run-message.ts';

export interface RunQueriesOptions {
  readonly kind: RunKind;
  readonly bus: Bus;
  readonly registry: Registry;
  /** Told of each run that is to be cancelled, so that what works for it stops at once. */
  readonly onChange?: (id: string) => void;
}

interface ListRequest {
  readonly filter: FilterMessage | undefined;
  /** 0 for 100. */
  readonly pageSize: number;
  readonly pageToken: string;
}

/** What every service answers about the runs of its kind. A run of another kind is none. */
export interface RunQueries {
  /** @throws RunNotFoundError */
  run(id: string): Promise<RunAt>;
  get(request: { readonly id: string }): Promise<{ run: RunMessage }>;
  /** @throws InvalidValueError for a page of more than 1000 */
  list(request: ListRequest): Promise<{ runs: RunMessage[]; nextPageToken: string }>;
  /** Asks a run to stop, in whatever state it is; one that has ended stays as it is. @throws RunNotFoundError */
  cancel(request: { readonly id: string; readonly reason: string }): Promise<{ run: RunMessage }>;
  watch(
    request: { readonly filter: FilterMessage | undefined; readonly afterRevision: number },
    context: { readonly signal: AbortSignal },
  ): AsyncGenerator<{ run: RunMessage }>;
}

const maxPage = 1000;
const maxReason = 2000;

export function createRunQueries({ kind, bus, registry, onChange }: RunQueriesOptions): RunQueries {
  const { runs } = registry;
  const find = async (id: string): Promise<RunAt> => {
    const run = await runs.get(id);
    if (run.kind !== kind) throw new RunNotFoundError({ id });
    return run;
  };
  return {
    run: find,
    async get({ id }) {
      return { run: toRunMessage(await find(id)) };
    },
    async list({ filter, pageSize, pageToken }) {
      if (pageSize > maxPage)
        throw new InvalidValueError({ field: 'page_size', expected: `at most ${maxPage}`, actual: pageSize });
      const after = pageToken === '' ? {} : { after: pageToken };
      const page = await runs.list(toKindFilter(kind, filter), { limit: pageSize || 100, ...after });
      return { runs: page.runs.map(toRunMessage), nextPageToken: page.next ?? '' };
    },
    async cancel({ id, reason: text }) {
      await find(id);
      const { run } = await runs.change(id, { type: 'request-cancel', reason: text.slice(0, maxReason) });
      const reason = run.cancelReason;
      if (reason !== null) {
        const data = { run: id, kind, reason };
        await bus.publish({ type: 'run.cancel-requested', about: id, id: `${id}-cancel-requested`, data });
      }
      onChange?.(id);
      return { run: toRunMessage(run) };
    },
    async *watch({ filter, afterRevision }, { signal }) {
      for await (const run of runs.watch(toKindFilter(kind, filter), { after: afterRevision, signal }))
        yield { run: toRunMessage(run) };
    },
  };
}
