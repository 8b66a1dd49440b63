import * as tf from '@tensorflow/tfjs-core';
import { float32 } from '@medlego/tensors';
import type { Optimizer } from './optimizer.ts';

export interface AdamWOptions {
  /** Decay rate of the mean of gradients, β₁. */
  readonly beta1?: number;
  /** Decay rate of the mean of squared gradients, β₂. */
  readonly beta2?: number;
  /** Added to the root of the second moment, ε. */
  readonly epsilon?: number;
}

/**
 * Adam with decoupled weight decay:
 * m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², θ ← θ − η (m̂ / (√v̂ + ε) + λθ) with m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ).
 * Source: Loshchilov and Hutter 2019, arXiv 1711.05101, Algorithm 2 (schedule multiplier and η as one number, as PyTorch does).
 */
export function adamW({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamWOptions = {}): Optimizer {
  return {
    id: 'adamw',
    init: (size) => ({ m: float32([size], new Float32Array(size)), v: float32([size], new Float32Array(size)) }),
    biasCorrections: (update) => [1 - beta1 ** update, 1 - beta2 ** update],
    update: ({ parameters, gradient, slots, control, decay, rateFactors }) => {
      const m = tf.add(tf.mul(slots['m']!, beta1), tf.mul(gradient, 1 - beta1));
      const v = tf.add(tf.mul(slots['v']!, beta2), tf.mul(tf.square(gradient), 1 - beta2));
      const deviation = tf.add(tf.sqrt(tf.div(v, control.biasCorrection2)), epsilon);
      const direction = tf.div(tf.div(m, control.biasCorrection1), deviation);
      const total = decay ? tf.add(direction, tf.mul(decay, parameters)) : direction;
      const scaled = tf.mul(total, control.learningRate);
      const step = rateFactors ? tf.mul(scaled, rateFactors) : scaled;
      return { parameters: tf.sub(parameters, step), slots: { m, v } };
    },
  };
}
