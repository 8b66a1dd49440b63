import { parseVitConfig, type VitConfig } from '@medlego/vit';

export interface TrainSize {
  readonly config: VitConfig;
  readonly batch: number;
  /** Images computed at a time. */
  readonly microBatch: number | null;
}

const size = (
  [embedDim, depth, numHeads, mlp, imgSize, patchSize, batch]: readonly number[],
  microBatch: number | null = null,
): TrainSize => ({
  config: parseVitConfig({ embedDim, depth, numHeads, mlpRatio: mlp! / embedDim!, imgSize, patchSize }),
  batch: batch!,
  microBatch,
});

/** The sizes of the peers' training bench: width, layers, heads, MLP, image, patch, batch. */
export const trainSizes: Readonly<Record<string, TrainSize>> = {
  d64l4: size([64, 4, 4, 128, 28, 4, 32]),
  d128l6: size([128, 6, 4, 256, 28, 4, 32]),
  d192l12: size([192, 12, 3, 384, 32, 4, 32]),
  // A few images at a time: activations take a fraction of the memory.
  vit_b16: size([768, 12, 12, 3072, 224, 16, 8], 2),
};
