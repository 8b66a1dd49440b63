import type * as tf from '@tensorflow/tfjs-core';
import { float32, hostTensor, sizeOf, type HostTensor } from '@medlego/tensors';
import type { TensorMap } from '../../src/engine.ts';
import { uniform } from '../random.ts';

/** One use of a kernel, run on every engine. */
export interface KernelCase {
  /** tfjs's name of the kernel that the case is about. */
  readonly kernel: string;
  /** Set where a kernel has several cases. */
  readonly variant?: string;
  readonly inputs: Readonly<Record<string, HostTensor>>;
  readonly fn: (x: TensorMap) => tf.Tensor | tf.Tensor[];
  /** tfjs-node cannot run it although tfjs defines it; compiled graphs can. */
  readonly notOnTensorflow?: boolean;
  /** Inputs whose gradients are compared with finite differences. */
  readonly wrt?: readonly string[];
}

/** Seeded float32 numbers in [low, high), none within 0.05 of a multiple of a half: away from kinks and from rounding borders. */
export function between(low: number, high: number, shape: readonly number[], seed = 1): HostTensor {
  const next = uniform(seed);
  const draw = (): number => {
    const value = low + (high - low) * next();
    return Math.abs(value * 2 - Math.round(value * 2)) < 0.1 ? draw() : value;
  };
  return float32(shape, Float32Array.from({ length: sizeOf(shape) }, draw));
}

export const integers = (shape: readonly number[], values: readonly number[]): HostTensor =>
  hostTensor('int32', shape, Int32Array.from(values));

export const bools = (shape: readonly number[], values: readonly number[]): HostTensor =>
  hostTensor('bool', shape, Uint8Array.from(values));

export const titleOf = ({ kernel, variant }: KernelCase): string => (variant ? `${kernel}, ${variant}` : kernel);
