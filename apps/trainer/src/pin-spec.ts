import type { ArtifactStore } from '@medlego/artifacts';
import type { TrainingSpec } from '@medlego/contracts/rpc';
import { FileFormatError } from '@medlego/errors';
import type { Json } from '@medlego/registry';

/** What the references of a specification meant when it was submitted, as digests: names may move while a run waits. */
export interface PinnedRefs {
  readonly dataset: string;
  readonly backbone: string;
}

export interface PinnedSpec {
  /** To publish under. */
  readonly name: string;
  readonly pinned: PinnedRefs;
}

/** @throws ArtifactNotFoundError for a data set or backbone that the store does not have */
export async function pinSpec({ name, dataset, backbone }: TrainingSpec, store: ArtifactStore): Promise<PinnedSpec> {
  const { manifest, digest } = await store.get(dataset, { kind: 'dataset' });
  const task = manifest.tasks[0];
  if (!task) throw new FileFormatError({ file: dataset, expected: 'a data set with a task', actual: 'none' });
  return {
    name: name || task.name,
    pinned: { dataset: digest, backbone: await store.resolve(backbone, { kind: 'backbone' }) },
  };
}

/** The digests that a recorded specification holds; undefined for one that was recorded without. */
export function pinnedRefsOf(spec: Json): PinnedRefs | undefined {
  const { pinned } = (spec ?? {}) as { readonly pinned?: Partial<PinnedRefs> };
  const { dataset, backbone } = pinned ?? {};
  return typeof dataset === 'string' && typeof backbone === 'string' ? { dataset, backbone } : undefined;
}
