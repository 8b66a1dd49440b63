import { requireScope, type Scope } from '@medlego/access';
import type { RegistryServiceImplementation } from '@medlego/contracts/rpc';
import type { RunKind } from '@medlego/registry';
import { callerOf } from '@medlego/rpc';
import { createRunQueries, toRunFilter, toRunMessage } from '@medlego/run-service';
import type { RegistryServiceOptions } from '../create-registry-service.ts';
import { toPageSize } from '../requests.ts';

type Handlers = Pick<RegistryServiceImplementation, 'getRun' | 'listRuns' | 'cancelRun' | 'watchRuns'>;

const scopeOf: Readonly<Record<RunKind, Scope>> = { training: 'train', merging: 'merge', evaluation: 'evaluate' };

/** Runs of every kind. Who owns a cancelled run learns of it from the registry, as from its own service. */
export const runHandlers = ({ bus, registry }: RegistryServiceOptions): Handlers => ({
  async getRun({ id }) {
    return { run: toRunMessage(await registry.runs.get(id)) };
  },

  async listRuns({ filter, pageSize, pageToken }) {
    const after = pageToken === '' ? {} : { after: pageToken };
    const page = await registry.runs.list(toRunFilter(filter), { limit: toPageSize(pageSize), ...after });
    return { runs: page.runs.map(toRunMessage), nextPageToken: page.next ?? '' };
  },

  async cancelRun(request, context) {
    const { kind } = await registry.runs.get(request.id);
    requireScope(callerOf(context), scopeOf[kind]);
    return createRunQueries({ kind, bus, registry }).cancel(request);
  },

  async *watchRuns({ filter, afterRevision }, { signal }) {
    for await (const run of registry.runs.watch(toRunFilter(filter), { after: afterRevision, signal }))
      yield { run: toRunMessage(run) };
  },
});
