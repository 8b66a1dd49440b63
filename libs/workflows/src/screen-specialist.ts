import type { ArtifactStore, StoredArtifact } from '@medlego/artifacts';
import { OutlierNormError } from '@medlego/errors';
import { frobeniusNorm, updateNorm } from '@medlego/linalg';
import { assertFinite } from '@medlego/tensors';
import { assertHead, type AdapterModel } from '@medlego/training';
import { adapterUpdates, featureDim, findModule } from '@medlego/vit';
import { isFullModel } from './merge-models.ts';
import { readAdapterFiles, readHead } from './adapter-files.ts';
import type { NamedBackbone } from './backbones.ts';

/**
 * Reads a specialist and checks what would spoil every merge that it takes part in.
 * @throws NonFiniteError, ShapeMismatchError, OutlierNormError, UnsupportedAdapterError; errors of the store
 */
export async function screenSpecialist(
  store: ArtifactStore,
  specialist: StoredArtifact,
  backbone: NamedBackbone,
): Promise<void> {
  const task = specialist.manifest.tasks[0]!;
  const head = await readHead(store, specialist, task.name);
  assertHead(head, task.labels.length, featureDim(backbone.config));
  const adapter = await readAdapterFiles(store, specialist, backbone.config);
  for (const [name, tensor] of Object.entries({ ...adapter?.tensors, ...head })) assertFinite(name, tensor);
  if (adapter && !isFullModel(specialist)) assertUsualNorms(backbone, adapter);
}

/** No module may change by more than the norm of its own weight. @throws OutlierNormError */
export function assertUsualNorms({ config, params }: NamedBackbone, { spec, tensors }: AdapterModel): void {
  for (const [module, update] of Object.entries(adapterUpdates(spec, tensors))) {
    const { param, firstRow } = findModule(config, module)!;
    const rows = (params[param]!.data as Float32Array).subarray(
      firstRow * update.in,
      (firstRow + update.out) * update.in,
    );
    const [norm, limit] = [updateNorm(update), frobeniusNorm(Float64Array.from(rows))];
    if (norm > limit) throw new OutlierNormError({ module, norm, limit });
  }
}
