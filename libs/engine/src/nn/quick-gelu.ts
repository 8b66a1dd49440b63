import * as tf from '@tensorflow/tfjs-core';

/**
 * The sigmoid approximation of GELU that CLIP was trained with, x σ(1.702 x). Returns the shape of x, owned by the caller.
 * Source: Hendrycks and Gimpel 2016, arXiv 1606.08415, section 2; Radford et al. 2021, arXiv 2103.00020, for its use.
 */
export const quickGelu = (x: tf.Tensor): tf.Tensor => tf.tidy(() => tf.mul(x, tf.sigmoid(tf.mul(x, 1.702))));
