import type { ArtifactStore } from '@medlego/artifacts';
import { registryPlatform, startGeneralistReconciler, type GeneralistReconciler } from '@medlego/generalist-resource';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Registry } from '@medlego/registry';
import type { TrackDocument } from '@medlego/run-service';
import { readReport } from '@medlego/workflows/reports';
import { toTrackDocument } from './track-message.ts';

export interface FollowResourcesOptions {
  readonly kubeConfig: KubeConfig;
  readonly namespace: string;
  readonly registry: Registry;
  readonly store: ArtifactStore;
  /** Lets the merger follow what an object declares. */
  readonly track: (track: TrackDocument) => Promise<void>;
  readonly onProblem: (error: unknown, name: string | null) => void;
}

/** Follows the custom resources Generalist of a namespace: what they declare is tracked, what became of it is their status. */
export const followResources = ({ registry, store, track, ...rest }: FollowResourcesOptions): GeneralistReconciler =>
  startGeneralistReconciler({
    ...rest,
    platform: registryPlatform({
      registry,
      accuracyOf: (report) => accuracyOf(store, report),
      track: (generalist, { tasks, recipe: { method, params = {}, space = '' }, promote }) => {
        const recipe = { method, paramsJson: JSON.stringify(params), members: [], space, refitHeads: false };
        const autoPromote = promote === 'Automatic';
        return track(toTrackDocument({ generalist, tasks: [...tasks], recipe, autoPromote, revision: 0 }));
      },
    }),
  });

/** Mean accuracy of a report that `keepEvaluation` wrote; null if it says none. */
async function accuracyOf(store: ArtifactStore, report: string): Promise<number | null> {
  const document = await readReport(store, await store.get(report, { kind: 'report' }));
  const accuracy = (document as { readonly mean?: { readonly acc?: unknown } }).mean?.acc;
  return typeof accuracy === 'number' ? accuracy : null;
}
