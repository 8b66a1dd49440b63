import * as tf from '@tensorflow/tfjs-core';
import { binaryGradients } from './binary.ts';
import type { Gradient } from './gradient.ts';
import { poolGradients } from './pool.ts';
import { productGradients } from './products.ts';
import { reduceGradients } from './reduce.ts';
import { shapeGradients } from './shape.ts';
import { unaryGradients } from './unary.ts';

export const gradients: readonly Gradient[] = [
  ...unaryGradients,
  ...binaryGradients,
  ...reduceGradients,
  ...shapeGradients,
  ...productGradients,
  ...poolGradients,
];

/**
 * Gives tfjs the gradients of all kernels that can be compiled. The Node build of tfjs-core has none, and its ES modules, which have,
 * cannot be loaded by Node. Ours are also written for the traced graph: nothing is multiplied by ones, results are used where they are at hand.
 * Called again after a package that registers its own (tfjs-node), so that all engines differentiate alike.
 */
export function registerGradients(): void {
  for (const gradient of gradients) tf.registerGradient(gradient);
}
