import type { TrainingSettingsInput } from './settings.ts';

export const trainingPresetNames = ['paper', 'mergeable', 'sample'] as const;
export type TrainingPresetName = (typeof trainingPresetNames)[number];

/**
 * Ready-made settings; whatever a caller sets besides goes over them.
 *
 * - `paper`: as the paper trains (SVD-LoRA of rank 4 on q and v, 100 epochs, 3e-4, best validation accuracy), head trained from random.
 * - `mergeable`: specialists that are worth merging. The head stays at the solved probe, so a merge that weakens the adapter can only give
 *   back what the adapter has gained; the update is scaled at random while training, as a merge will scale it, and kept quiet on images of
 *   nothing, so that it disturbs the other tasks less; all linear layers are adapted, which is where most of a specialist's gain over the
 *   probe comes from; the validation loss chooses the epoch, which on a few hundred images is a steadier judge than accuracy.
 * - `sample`: `mergeable` in a few epochs, for the sample tasks at 28 pixels.
 */
export const trainingPresets: Readonly<Record<TrainingPresetName, TrainingSettingsInput>> = {
  paper: { headInit: 'random', epochs: 100, learningRate: 3e-4, selectBy: 'acc' },
  mergeable: {
    headInit: 'probe',
    trainHead: false,
    epochs: 100,
    patience: 10,
    batchSize: 64,
    adapter: { targetModules: ['q', 'k', 'v', 'proj', 'fc1', 'fc2'] },
    learningRate: 1e-2,
    initStd: 'unit',
    selectBy: 'loss',
    updateScaleRange: [0.25, 1],
    quiet: {},
  },
  sample: {
    headInit: 'probe',
    trainHead: false,
    epochs: 5,
    batchSize: 64,
    adapter: { targetModules: ['q', 'k', 'v', 'proj', 'fc1', 'fc2'] },
    learningRate: 1e-2,
    initStd: 'unit',
    selectBy: 'loss',
    updateScaleRange: [0.25, 1],
    quiet: { rows: 16 },
  },
};

export const augmentPresetNames = ['none', 'light', 'medium', 'strong'] as const;
export type AugmentPresetName = (typeof augmentPresetNames)[number];

/**
 * Strengths of augmentation that suit any modality and any image size: cut-outs of the image, brightness and contrast. No mirror images,
 * since anatomy is not symmetric; set them where the task allows it.
 */
export const augmentPresets: Readonly<Record<AugmentPresetName, TrainingSettingsInput['augment']>> = {
  none: {},
  light: { resizedCrop: { scale: [0.9, 1], ratio: [0.95, 1.05] }, brightness: 0.1, contrast: 0.1 },
  medium: { resizedCrop: { scale: [0.75, 1], ratio: [0.85, 1.18] }, brightness: 0.2, contrast: 0.2 },
  strong: { resizedCrop: { scale: [0.5, 1] }, brightness: 0.4, contrast: 0.4, saturation: 0.2, grayscale: 0.1 },
};

/** What may change in an image of a sample task without changing its label: cells have no upright, chests and knees do. */
const sampleAugments: Readonly<Record<string, TrainingSettingsInput['augment']>> = {
  pbcblood: { horizontalFlip: 0.5, verticalFlip: 0.5 },
  busibreast: { horizontalFlip: 0.5, crop: { padding: 2 }, brightness: 0.1, contrast: 0.1 },
  pneumoniamnist: { crop: { padding: 2 }, brightness: 0.1, contrast: 0.1 },
  oaiknee: { horizontalFlip: 0.5, crop: { padding: 2 } },
  mednist: { crop: { padding: 2 }, brightness: 0.1, contrast: 0.1 },
};

/** The `sample` preset with the augmentation that fits a sample task; other tasks get none. */
export const sampleSettings = (task: string): TrainingSettingsInput => ({
  ...trainingPresets.sample,
  augment: sampleAugments[task] ?? {},
});
