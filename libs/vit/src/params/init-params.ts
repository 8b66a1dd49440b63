import { float32, sizeOf, type HostTensor, type NamedTensors } from '@medlego/tensors';
import { paramShapes } from '../config/param-shapes.ts';
import { featureDim, isResnet, type BackboneConfig } from '../config/backbone-config.ts';
import { RandomStream } from '../random/random-stream.ts';
import { initResnetParam } from './init-resnet-param.ts';

/** Standard deviation of fresh weights, before the cut at two standard deviations. */
const weightStd = 0.02;

/**
 * A backbone with random weights. A vision transformer has matrices, patch kernel, class token and position embedding from a normal of
 * 0.02 cut at two deviations, biases 0, LayerNorm 1 and 0; a ResNet is described at `initResnetParam`. Same seed, same bytes.
 *
 * @param seed whole number from 0 to 2^53 - 1
 * @returns float32 tensors by timm's names, owned by the caller; `head.*` only if numClasses is above 0
 */
export function initParams(config: BackboneConfig, seed: number): NamedTensors {
  const init = isResnet(config) ? initResnetParam : initParam;
  return Object.fromEntries(
    Object.entries(paramShapes(config)).map(([name, shape]) => [name, init(name, shape, seed)]),
  );
}

function initParam(name: string, shape: readonly number[], seed: number): HostTensor<'float32'> {
  const size = sizeOf(shape);
  if (name.endsWith('.bias')) return float32(shape, new Float32Array(size));
  if (/(^|\.)norm(1|2|_pre)?\.weight$/.test(name)) return float32(shape, new Float32Array(size).fill(1));
  return float32(shape, new RandomStream(seed, name).truncatedNormals(size, weightStd));
}

/**
 * A fresh head: weight [labels, dim] from a truncated normal of 0.02, bias [labels] zero.
 * @returns `head.weight` and `head.bias`, float32, owned by the caller
 */
export function initHead(config: BackboneConfig, labels: number, seed: number): NamedTensors {
  const shape = [labels, featureDim(config)];
  return {
    'head.weight': initParam('head.weight', shape, seed),
    'head.bias': initParam('head.bias', [labels], seed),
  };
}
