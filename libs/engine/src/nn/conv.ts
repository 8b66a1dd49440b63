import * as tf from '@tensorflow/tfjs-core';

export interface ConvOptions {
  readonly stride?: number;
  /** Zeros around the image, pixels; default 0. */
  readonly padding?: number;
}

/**
 * Convolution of channels-last images with a kernel as PyTorch stores it.
 *
 * @param x [B, H, W, in], borrowed
 * @param kernel [out, in, h, w], borrowed
 * @returns [B, ⌊(H + 2 padding − h) / stride⌋ + 1, ..., out], owned by the caller
 */
export function conv2d(x: tf.Tensor, kernel: tf.Tensor, { stride = 1, padding = 0 }: ConvOptions = {}): tf.Tensor4D {
  return tf.tidy(() => {
    const filter = tf.transpose(kernel, [2, 3, 1, 0]) as tf.Tensor4D;
    const [h, w] = filter.shape;
    // `same` puts a stride's odd row of zeros at the end, and tfjs-node differentiates no other padding.
    const isSame = stride === 1 && h === 2 * padding + 1 && w === 2 * padding + 1;
    const around: [number, number] = [padding, padding];
    const image = isSame || padding === 0 ? x : tf.pad(x, [[0, 0], around, around, [0, 0]]);
    return tf.conv2d(image as tf.Tensor4D, filter, stride, isSame ? 'same' : 'valid');
  });
}
