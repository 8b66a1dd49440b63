import type { PretrainedBackbone } from './pretrain.ts';

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** MODEL_CARD.md of a pretrained backbone. */
export function modelCard(
  { name, config, digest, settings, images, test, dataDigest }: PretrainedBackbone,
  command: string,
): string {
  const { augment } = settings;
  const interval = test.intervals.acc;
  const parameters = `${config.imgSize} px, patch ${config.patchSize}, dim ${config.embedDim}, depth ${config.depth}, heads ${config.numHeads}, MLP ratio ${config.mlpRatio}`;
  return `# ${name}

A small vision transformer (${parameters}) trained from random weights on natural photographs. It is the frozen backbone of
the samples, tests and the quickstart, made to be small enough for a laptop and a repository. For real work take a ViT-B/16 with published weights.

| | |
|---|---|
| Weights | \`model.safetensors\`, float32, timm's names, no head; digest \`${digest}\` |
| Input | 28 x 28 x 3, squashed to the square (bicubic), values / 255, mean 0.5, deviation 0.5 |
| Output | class token after the last LayerNorm, ${config.embedDim} features |
| Data | CIFAR-10: ${images.train} training images (${images.val} of train held out to watch the run, nothing chosen by them), ${images.test} test images; data digest \`${dataDigest}\` |
| Test accuracy on CIFAR-10 | ${percent(test.metrics.acc ?? 0)}${interval ? ` (95 % interval ${percent(interval[0])} to ${percent(interval[1])})` : ''}, centre crop, with the head that is then left out |
| Seed | ${settings.seed} |

## Command

    ${command}

The command continues an interrupted run with \`--resume\`. The same seed, thread count and library versions give the same bytes.

## Recipe

Cross-entropy on the ten classes, label smoothing ${settings.labelSmoothing}, ${settings.epochs} epochs, batch ${settings.batchSize}, AdamW (0.9, 0.999), one-cycle learning rate with peak ${settings.learningRate},
weight decay ${settings.weightDecay} (not on biases, LayerNorms, class token, position embedding), gradient norm at most ${settings.clipNorm}. The last epoch is kept.
Augmentation: random crop of 28 of 32 pixels, horizontal flip ${augment.horizontalFlip}, brightness, contrast and saturation ±${percent(augment.brightness)} with probability ${augment.jitterProbability},
grey with probability ${augment.grayscale}, a cut-out square of ${augment.cutout?.size} pixels with probability ${augment.cutout?.probability}.

## Limits

- Trained on ten classes of tiny photographs: it has seen no medical image. Not for clinical use.
- Input is 28 x 28 pixels. What is not visible there cannot be recognised.
- The authors of CIFAR-10 state no licence for their images, which come from a web collection of other people's photographs. The weights are derived from
  them; whoever needs clear rights should pretrain on other images with the same command.

Citation of the data: Krizhevsky, Learning Multiple Layers of Features from Tiny Images, University of Toronto (2009).
`;
}
