import { MissingTensorError } from '@medlego/errors';
import { float32, type NamedTensors } from '@medlego/tensors';
import { paramShapes } from '../config/param-shapes.ts';
import { withoutHead, type BackboneConfig } from '../config/backbone-config.ts';
import { RandomStream } from '../random/random-stream.ts';
import { type AdapterSpec } from './adapter-spec.ts';
import { modulesOf, type BackboneModule } from './modules.ts';

export interface InitAdapterOptions {
  /** Whole number from 0 to 2^53 - 1. */
  readonly seed: number;
  /** Standard deviation of A and B of SVD-LoRA; the paper says Gaussian, AdaLoRA's code 0.02. Default 0.02. */
  readonly std?: number;
  /** The backbone; needed for kind `full`, which starts from it. */
  readonly params?: NamedTensors;
}

/**
 * A fresh adapter that changes nothing yet. SVD-LoRA: A, B Gaussian, E = 0 (the paper, eq. 3; Zhang et al. 2023, arXiv
 * 2303.10512). LoRA: A uniform within ±1/√in (Kaiming with a = √5, as the reference code), B = 0. Full: the backbone's own
 * tensors, shared and not copied. Head-only: no tensors.
 *
 * @returns float32 `<module>.lora_A [rank, in]`, `.lora_B [out, rank]`, `.lora_E [rank]`; same seed, same bytes
 * @throws MissingTensorError if kind is `full` and `params` lacks a parameter, UnsupportedAdapterError for a target that the
 *         backbone has not
 */
export function initAdapter(config: BackboneConfig, spec: AdapterSpec, options: InitAdapterOptions): NamedTensors {
  switch (spec.kind) {
    case 'head-only':
      return {};
    case 'full':
      return Object.fromEntries(
        Object.keys(paramShapes(withoutHead(config))).map((name) => {
          const tensor = options.params?.[name];
          if (!tensor) throw new MissingTensorError({ param: name, source: 'backbone to start a full adapter from' });
          return [name, tensor];
        }),
      );
    case 'svd-lora':
    case 'lora': {
      const tensors: Record<string, NamedTensors[string]> = {};
      for (const module of modulesOf(config, spec.targetModules))
        Object.assign(tensors, initFactors(spec, module, options));
      return tensors;
    }
  }
}

function initFactors(
  { kind, rank }: AdapterSpec,
  { path: module, out, in: inner }: BackboneModule,
  { seed, std = 0.02 }: InitAdapterOptions,
): NamedTensors {
  const [a, b, e] = [`${module}.lora_A`, `${module}.lora_B`, `${module}.lora_E`];
  if (kind === 'lora')
    return {
      [a]: float32([rank, inner], new RandomStream(seed, a).uniforms(rank * inner, 1 / Math.sqrt(inner))),
      [b]: float32([out, rank], new Float32Array(out * rank)),
    };
  return {
    [a]: float32([rank, inner], new RandomStream(seed, a).normals(rank * inner, std)),
    [b]: float32([out, rank], new RandomStream(seed, b).normals(out * rank, std)),
    [e]: float32([rank], new Float32Array(rank)),
  };
}
