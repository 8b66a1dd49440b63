import { MergingDefinition } from '@medlego/contracts/rpc';
import { rpcService } from '@medlego/rpc';
import { serveApp } from '@medlego/service';
import { createMerger } from './merger.ts';
import { mergingScopes } from './merging-service.ts';

/** Merging, on a broker. */
export const serveMerger = (): Promise<number> =>
  serveApp({
    app: 'merger',
    build: ({ bus, registry, store, onProblem }) => {
      const merger = createMerger({ bus, registry, store, onProblem });
      return Promise.resolve({
        services: [rpcService(MergingDefinition, merger.service, { scopes: mergingScopes })],
        start: () => merger.start(),
        close: () => merger.close(),
      });
    },
  });
