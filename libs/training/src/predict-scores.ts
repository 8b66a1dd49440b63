import type { Engine } from '@medlego/engine';
import type { HostTensor, NamedTensors } from '@medlego/tensors';
import type { TaskKind } from '@medlego/tasks';
import { computeFeatures, type BackboneModel, type FeatureOptions } from './features.ts';
import { applyHead, toScores } from './head.ts';
import type { ImageBatches } from './image-batches.ts';

export interface PredictOptions extends FeatureOptions {
  readonly kind: TaskKind;
  /** `head.weight [labels, dim]` and `head.bias [labels]`. */
  readonly head: NamedTensors;
}

/**
 * Probabilities of images: features of the backbone with the adapter, the head, then softmax or (multi-label) sigmoid.
 * For several heads on one generalist, `computeFeatures` once and `applyHead`, `toScores` per head.
 *
 * @returns [count, labels] float32
 */
export async function predictScores(
  engine: Engine,
  backbone: BackboneModel,
  images: ImageBatches,
  { kind, head, ...options }: PredictOptions,
): Promise<HostTensor<'float32'>> {
  return toScores(kind, applyHead(await computeFeatures(engine, backbone, images, options), head));
}
