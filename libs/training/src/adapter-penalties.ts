import * as tf from '@tensorflow/tfjs-core';
import type { TensorMap } from '@medlego/engine';
import { InvalidValueError } from '@medlego/errors';
import { adaptedModules, adapterScaling, type AdapterSpec } from '@medlego/vit';

/**
 * Size of an adapter's update: Σ ‖ΔW‖²_F over all modules, from two Grams of the factors per module; no matrix [out, in] is made.
 *
 * @param tensors `<module>.lora_A [rank, in]`, `.lora_B [out, rank]`, and `.lora_E [rank]` where there is one; other entries are ignored
 * @returns scalar float32, differentiable
 * @throws InvalidValueError if there are no factors
 */
export function updateSize(spec: AdapterSpec, tensors: TensorMap): tf.Scalar {
  const modules = adaptedModules(tensors);
  if (modules.length === 0)
    throw new InvalidValueError({ field: 'adapter', expected: 'low-rank factors to penalise', actual: 'none' });
  return tf.tidy(() => {
    // ‖B E A‖² = Σᵢⱼ (BᵀB)ᵢⱼ eᵢ eⱼ (AAᵀ)ᵢⱼ
    const sizes = modules.map((module) => {
      const [a, b, e] = ['lora_A', 'lora_B', 'lora_E'].map((factor) => tensors[`${module}.${factor}`]);
      const scaled = e ? tf.mul(b!, e) : b!; // [out, rank]
      const left = tf.matMul(scaled as tf.Tensor2D, scaled as tf.Tensor2D, true); // [rank, rank]
      const right = tf.matMul(a as tf.Tensor2D, a as tf.Tensor2D, false, true);
      return tf.sum(tf.mul(left, right));
    });
    return tf.mul(
      sizes.reduce((sum, size) => tf.add(sum, size)),
      adapterScaling(spec) ** 2,
    ) as tf.Scalar;
  });
}
