import * as tf from '@tensorflow/tfjs-core';
import { type TensorMap } from '@medlego/engine';
import { InvalidValueError } from '@medlego/errors';
import { adapterScaling, type AdapterSpec } from '../adapters/adapter-spec.ts';
import { parseFactorName, rankOf } from '../adapters/adapter-tensors.ts';

/**
 * An adapter on the engine's side: its specification and its tensors, `[rank, in]` and so on for all images, or with a first axis
 * over the images of the batch, an adapter for each.
 */
export interface ForwardAdapter {
  readonly spec: AdapterSpec;
  readonly tensors: TensorMap;
}

/** Low-rank updates by module; absent modules have none. Ranks may differ from module to module. */
export interface LowRankUpdates {
  /**
   * What each module adds to its linear layer for one shared input, which is multiplied with all their A at once.
   *
   * @param x [rows, in]
   * @returns per module [rows, out], or undefined for a module without factors
   */
  branches(x: tf.Tensor, modules: readonly string[]): (tf.Tensor | undefined)[];
  /**
   * What a module adds to its weight, [out, in]: cheaper than branches where few rows go through. Undefined where every image
   * has factors of its own; then `branches` and `backwards` give the same sums.
   */
  dense(module: string): tf.Tensor2D | undefined;
  /** With factors per image only: x times the update itself, not its transpose. x [rows, out]. Returns [rows, in]. */
  backwards(x: tf.Tensor, module: string): tf.Tensor | undefined;
  /** Whether every image has factors of its own. */
  readonly perImage: boolean;
}

const none: LowRankUpdates = {
  branches: (_, modules) => modules.map(() => undefined),
  dense: () => undefined,
  backwards: () => undefined,
  perImage: false,
};

/** @throws InvalidValueError for a tensor that belongs to no module */
export function lowRankUpdates(adapter: ForwardAdapter | undefined): LowRankUpdates {
  if (!adapter || adapter.spec.kind === 'full' || adapter.spec.kind === 'head-only') return none;
  const { spec, tensors } = adapter;
  for (const name of Object.keys(tensors))
    if (!parseFactorName(name))
      throw new InvalidValueError({
        field: 'adapter tensor',
        expected: '<module>.lora_A, .lora_B or .lora_E',
        actual: name,
      });
  if (Object.values(tensors).some(({ shape }) => shape.length === 3)) return perImageUpdates(adapter);

  return {
    perImage: false,
    backwards: () => undefined,
    branches: (x, modules) => {
      const present = modules.filter((module) => tensors[`${module}.lora_A`]);
      if (present.length === 0) return modules.map(() => undefined);
      const inner = present.map((module) => scaledA(spec, tensors, module)); // [rank, in] each
      const hidden = tf.matMul(x as tf.Tensor2D, inner.length === 1 ? inner[0]! : tf.concat(inner, 0), false, true); // [rows, Σrank]
      const parts =
        present.length === 1
          ? [hidden]
          : tf.split(
              hidden,
              inner.map((a) => a.shape[0]),
              1,
            );
      const outputs = new Map(
        present.map((module, i) => [
          module,
          tf.matMul(parts[i] as tf.Tensor2D, tensors[`${module}.lora_B`] as tf.Tensor2D, false, true),
        ]),
      );
      return modules.map((module) => outputs.get(module));
    },
    dense: (module) =>
      tensors[`${module}.lora_A`] &&
      tf.matMul(tensors[`${module}.lora_B`] as tf.Tensor2D, scaledA(spec, tensors, module)),
  };
}

/** scaling · E A: the diagonal and the scale go to the smallest matrix, not to the activations. */
function scaledA(spec: AdapterSpec, tensors: TensorMap, module: string): tf.Tensor2D {
  const a = tensors[`${module}.lora_A`] as tf.Tensor2D;
  const e = tensors[`${module}.lora_E`];
  const scaling = adapterScaling(spec);
  if (!e) return scaling === 1 ? a : tf.mul(a, scaling);
  const diagonal = scaling === 1 ? e : tf.mul(e, scaling);
  return tf.mul(a, tf.reshape(diagonal, [rankOf(`${module}.lora_A`, a.shape), 1]));
}

/**
 * Images of one batch with an adapter each: A [B, rank, in], B [B, out, rank], E [B, rank]. Ranks are padded to a common one with
 * E = 0, which adds exactly nothing.
 */
function perImageUpdates({ spec, tensors }: ForwardAdapter): LowRankUpdates {
  const scaling = adapterScaling(spec);
  /** Rows of each image, times a matrix of its own. x [rows, a], factor [B, a, b]. Returns [rows, b]. */
  const times = (x: tf.Tensor, factor: tf.Tensor, transposed: boolean): tf.Tensor => {
    const images = factor.shape[0]!;
    const product = tf.matMul(tf.reshape(x, [images, -1, x.shape[1]!]), factor, false, transposed);
    return tf.reshape(product, [-1, product.shape[2]!]);
  };
  const diagonal = (x: tf.Tensor, module: string): tf.Tensor => {
    const e = tensors[`${module}.lora_E`];
    if (!e) return scaling === 1 ? x : tf.mul(x, scaling);
    const [images, rank] = e.shape as [number, number];
    const scaled = tf.mul(
      tf.reshape(x, [images, -1, rank]),
      tf.reshape(scaling === 1 ? e : tf.mul(e, scaling), [images, 1, rank]),
    );
    return tf.reshape(scaled, [-1, rank]);
  };
  const factor = (module: string, name: 'lora_A' | 'lora_B') => tensors[`${module}.${name}`];
  return {
    perImage: true,
    dense: () => undefined,
    branches: (x, modules) =>
      modules.map((module) => {
        const [a, b] = [factor(module, 'lora_A'), factor(module, 'lora_B')];
        return a && b && times(diagonal(times(x, a, true), module), b, true);
      }),
    backwards: (x, module) => {
      const [a, b] = [factor(module, 'lora_A'), factor(module, 'lora_B')];
      return a && b && times(diagonal(times(x, b, false), module), a, false);
    },
  };
}
