import { MergingDefinition } from '@medlego/contracts/rpc';
import { rpcService } from '@medlego/rpc';
import { serveApp, type AppContext } from '@medlego/service';
import { createMerger, type Merger } from './merger.ts';
import { mergingScopes } from './merging-service.ts';

/** Merging, on a broker; where asked, generalists that are declared in the cluster too. */
export const serveMerger = (): Promise<number> =>
  serveApp({
    app: 'merger',
    build: (context) => {
      const { bus, registry, store, onProblem } = context;
      const merger = createMerger({ bus, registry, store, onProblem });
      let resources: { close(): Promise<void> } | undefined;
      return Promise.resolve({
        services: [rpcService(MergingDefinition, merger.service, { scopes: mergingScopes })],
        start: async () => {
          merger.start();
          if (context.config.MEDLEGO_GENERALIST_RESOURCES) resources = await follow(context, merger);
        },
        close: async () => {
          await resources?.close();
          await merger.close();
        },
      });
    },
  });

/** The cluster that this process is in, or that `KUBECONFIG` names. */
async function follow({ config, registry, store, onProblem }: AppContext, merger: Merger) {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const { followResources } = await import('./tracks/follow-resources.ts');
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  const context = kubeConfig.getContextObject(kubeConfig.getCurrentContext());
  const namespace = config.MEDLEGO_NAMESPACE ?? context?.namespace ?? 'default';
  return followResources({ kubeConfig, namespace, registry, store, track: merger.track, onProblem });
}
