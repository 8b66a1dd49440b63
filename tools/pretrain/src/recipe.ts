import { parsePreprocessSpec, type PreprocessSpec } from '@medlego/data';
import { parseTrainingSettings, type TrainingSettings } from '@medlego/training';
import type { PretrainOptions } from './options.ts';

/** How the backbone takes images of any task: squashed to 28 x 28, no crop. Stored with it. */
export const backbonePreprocess: PreprocessSpec = parsePreprocessSpec({ imgSize: 28 });

/** While pretraining, 28 of 32 pixels are cut out: at random in training, the centre in evaluation. */
export const pretrainPreprocess: PreprocessSpec = parsePreprocessSpec({ imgSize: 28, crop: 28 / 32 });

/** Images per class that are taken out of train to watch the run; nothing is chosen by them. */
export const valPerClass = 100;

/** Supervised training from random weights; strong augmentation, since the features go to grey and unlike images later. */
export const pretrainSettings = ({ seed, epochs, batchSize, learningRate }: PretrainOptions): TrainingSettings =>
  parseTrainingSettings({
    seed,
    epochs,
    batchSize,
    adapter: { kind: 'full' },
    headInit: 'random',
    learningRate,
    schedule: 'one-cycle',
    weightDecay: 0.05,
    clipNorm: 1,
    labelSmoothing: 0.1,
    selectBy: 'last',
    augment: {
      crop: { padding: 0 },
      horizontalFlip: 0.5,
      brightness: 0.3,
      contrast: 0.3,
      saturation: 0.3,
      jitterProbability: 0.8,
      grayscale: 0.2,
      cutout: { size: 10, probability: 0.5 },
    },
  });
