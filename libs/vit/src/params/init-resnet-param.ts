import { float32, sizeOf, type HostTensor } from '@medlego/tensors';
import { RandomStream } from '../random/random-stream.ts';

/**
 * One parameter of a fresh ResNet. Kernels from a normal of √(2 / fan-in), which keeps the size of activations through ReLU (He et al.
 * 2015, arXiv 1502.01852, eq. 10); BatchNorm 1 and 0 with running statistics 0 and 1, but 0 for the last of each block, so that every
 * block starts as its shortcut; the attention pool from a normal of 1 / √in, biases 0. The scales are those of open_clip's code.
 *
 * @returns float32, owned by the caller; same name, shape and seed, same bytes
 */
export function initResnetParam(name: string, shape: readonly number[], seed: number): HostTensor<'float32'> {
  const size = sizeOf(shape);
  if (shape.length === 1) {
    const isOne = name.endsWith('.running_var') || (name.endsWith('.weight') && !/^layer\d\.\d+\.bn3\./.test(name));
    return float32(shape, new Float32Array(size).fill(isOne ? 1 : 0));
  }
  const fanIn = size / shape[0]!;
  const std = shape.length === 4 ? Math.sqrt(2 / fanIn) : 1 / Math.sqrt(shape[1]!);
  return float32(shape, new RandomStream(seed, name).normals(size, std));
}
