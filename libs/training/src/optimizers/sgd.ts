import * as tf from '@tensorflow/tfjs-core';
import { float32 } from '@medlego/tensors';
import type { Optimizer } from './optimizer.ts';

export interface SgdOptions {
  readonly momentum?: number;
}

/**
 * Gradient descent with heavy-ball momentum and decoupled weight decay: u ← μu + g, θ ← θ − η (u + λθ).
 * Source: Sutskever et al. 2013 (momentum as PyTorch writes it, without dampening); decay as in arXiv 1711.05101, Algorithm 1.
 */
export function sgd({ momentum = 0.9 }: SgdOptions = {}): Optimizer {
  return {
    id: 'sgd',
    init: (size) => ({ u: float32([size], new Float32Array(size)) }),
    biasCorrections: () => [1, 1],
    update: ({ parameters, gradient, slots, control, decay, rateFactors }) => {
      const u = tf.add(tf.mul(slots['u']!, momentum), gradient);
      const total = decay ? tf.add(u, tf.mul(decay, parameters)) : u;
      const scaled = tf.mul(total, control.learningRate);
      const step = rateFactors ? tf.mul(scaled, rateFactors) : scaled;
      return { parameters: tf.sub(parameters, step), slots: { u } };
    },
  };
}
