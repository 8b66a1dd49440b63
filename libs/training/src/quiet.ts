import * as tf from '@tensorflow/tfjs-core';
import { preprocess, randomStream, textureImages, type ImageSet, type PreprocessSpec } from '@medlego/data';
import type { TrainingSettings } from './settings.ts';

const inputName = 'quietImages';
/** Stream number of the choice of images in data's counter-based random numbers, beside its own 1 to 3. */
const choiceStream = 20;
/** How many textures a run draws from. */
const textureCount = 2000;

/** Images on which an adapter shall change nothing. Null settings cost nothing: there is no such object then. */
export interface QuietImages {
  readonly inputName: string;
  readonly weight: number;
  /** Preprocessed pixels of a step's images, flat: a pure function of (epoch, step). */
  inputAt(epoch: number, step: number): Float32Array;
  /** The input as images [rows, S, S, 3]. */
  toImages(input: tf.Tensor): tf.Tensor4D;
}

/** What `settings.quiet` asks for; null if nothing. */
export function createQuietImages(
  { quiet, seed }: Pick<TrainingSettings, 'quiet' | 'seed'>,
  spec: PreprocessSpec,
): QuietImages | null {
  if (!quiet) return null;
  const { rows, weight } = quiet;
  const side = spec.imgSize;
  const drawn = new Map<number, ImageSet>();
  const texture = (index: number): ImageSet => {
    const known = drawn.get(index) ?? textureImages(1, seed, index);
    drawn.set(index, known);
    return known;
  };
  return {
    inputName,
    weight,
    inputAt(epoch, step) {
      const random = randomStream(seed, choiceStream, epoch, step);
      const chosen = Array.from({ length: rows }, () => texture(random.integer(textureCount)));
      const images = Buffer.concat(chosen.map((image) => image.images));
      return preprocess({ ...chosen[0]!, images, count: rows }, spec);
    },
    toImages: (input) => tf.reshape(input, [rows, side, side, 3]) as tf.Tensor4D,
  };
}

/**
 * Mean squared change of features, times `weight`: what the step adds to its loss.
 *
 * @param changed features under the adapter, and `plain` of the backbone alone, both [rows, dim]
 * @param share   of the batch that this call computes; the whole batch has 1
 */
export const quietLoss = (changed: tf.Tensor, plain: tf.Tensor, weight: number, share: tf.Tensor): tf.Scalar =>
  tf.mul(tf.mul(tf.mean(tf.square(tf.sub(changed, plain))), weight), share) as tf.Scalar;
