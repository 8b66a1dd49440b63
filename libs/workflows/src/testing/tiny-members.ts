import { parsePreprocessSpec } from '@medlego/data';
import type { AdapterUpdates } from '@medlego/linalg';
import { digestTensors, float32, type NamedTensors } from '@medlego/tensors';
import type { ImageBatches } from '@medlego/training';
import { allModules, initHead, initParams, parseVitConfig, RandomStream } from '@medlego/vit';
import type { NamedBackbone } from '../backbones.ts';

/** A transformer of 8 x 8 pixels. For specs. */
export const tinyConfig = parseVitConfig({
  imgSize: 8,
  patchSize: 4,
  embedDim: 16,
  depth: 2,
  numHeads: 2,
  mlpRatio: 2,
});

/** Random weights, ten times larger than a fresh model's, so that attention and updates matter. */
export function tinyBackbone(seed = 7): NamedBackbone {
  const params = Object.fromEntries(
    Object.entries(initParams(tinyConfig, seed)).map(([name, { shape, data }]) => {
      const factor = name.startsWith('blocks.') && shape.length === 2 ? 10 : 1;
      return [
        name,
        float32(
          shape,
          Float32Array.from(data as Float32Array, (value) => value * factor),
        ),
      ];
    }),
  );
  return {
    name: 'tiny',
    config: tinyConfig,
    params,
    digest: digestTensors(params),
    preprocess: parsePreprocessSpec({ imgSize: 8 }),
  };
}

/** `count` images of noise, the same for the same seed. */
export function noiseImages(count: number, seed: number): ImageBatches {
  const values = new RandomStream(seed, 'images').normals(count * 192, 1);
  return {
    count,
    shape: [8, 8, 3],
    at: (from, rows) => float32([rows, 8, 8, 3], values.slice(from * 192, (from + rows) * 192)),
  };
}

/** Updates of rank 2 on queries and values, of a size that changes features. */
export function randomUpdates(seed: number, modules = allModules(tinyConfig, ['q', 'v'])): AdapterUpdates {
  return Object.fromEntries(
    modules.map((module) => {
      const [out, inner] = [module.endsWith('fc1') ? 32 : 16, module.endsWith('fc2') ? 32 : 16];
      const stream = new RandomStream(seed, module);
      const [b, a] = [stream.normals(out * 2, 0.3), stream.normals(2 * inner, 0.3)];
      return [module, { out, in: inner, rank: 2, b, e: stream.normals(2, 1), a, scaling: 1 }];
    }),
  );
}

export const tinyHead = (labels: number, seed: number): NamedTensors => initHead(tinyConfig, labels, seed);
