import type { Engine, Program } from '@medlego/engine';
import { InvalidValueError } from '@medlego/errors';
import { asFloat32, type HostTensor, type NamedTensors } from '@medlego/tensors';
import { assertAdapter, featureDim, forwardFeatures, type AdapterSpec, type BackboneConfig } from '@medlego/vit';
import { mapBatches, type ImageBatches } from './image-batches.ts';

/** The frozen model: configuration and weights. */
export interface BackboneModel {
  readonly config: BackboneConfig;
  readonly params: NamedTensors;
}

/** An adapter in memory: what it is and its tensors. */
export interface AdapterModel {
  readonly spec: AdapterSpec;
  readonly tensors: NamedTensors;
}

export interface FeatureOptions {
  readonly adapter?: AdapterModel | null;
  /** Images in one run of the compiled graph; default 64. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
}

/**
 * Features of images: what the heads see.
 * The compiled graph is kept per engine, backbone, adapter structure and batch size, so the second call costs the forward pass only;
 * adapters of one structure share it. A `full` adapter is a backbone of its own.
 *
 * @returns [count, dim] float32, owned by the caller
 * @throws InvalidValueError for a batch size below 1, errors of `assertAdapter` for an adapter that does not fit
 */
export async function computeFeatures(
  engine: Engine,
  backbone: BackboneModel,
  images: ImageBatches,
  { adapter = null, batchSize = 64, signal }: FeatureOptions = {},
): Promise<HostTensor<'float32'>> {
  if (!(Number.isInteger(batchSize) && batchSize >= 1))
    throw new InvalidValueError({ field: 'batchSize', expected: 'a whole number from 1', actual: batchSize });
  const { config } = backbone;
  if (adapter) assertAdapter(config, adapter.spec, adapter.tensors);
  const isFull = adapter?.spec.kind === 'full';
  const params = isFull ? adapter.tensors : backbone.params;
  const lowRank = adapter && !isFull && adapter.spec.kind !== 'head-only' ? adapter : null;
  const program = featureProgram(engine, config, params, lowRank?.spec ?? null);
  const state = lowRank ? await engine.createState(lowRank.tensors) : undefined;
  try {
    return await mapBatches(images, batchSize, featureDim(config), async (batch) => {
      signal?.throwIfAborted();
      return asFloat32('features', (await program.run({ images: batch }, state))['features']!);
    });
  } finally {
    await state?.dispose();
  }
}

/** Programs live as long as their engine and their backbone's weights. */
const programs = new WeakMap<Engine, WeakMap<NamedTensors, Map<string, Program>>>();

function featureProgram(
  engine: Engine,
  config: BackboneConfig,
  params: NamedTensors,
  spec: AdapterSpec | null,
): Program {
  const byParams = programs.get(engine) ?? new WeakMap<NamedTensors, Map<string, Program>>();
  programs.set(engine, byParams);
  const byKey = byParams.get(params) ?? new Map<string, Program>();
  byParams.set(params, byKey);
  const key = JSON.stringify([config, spec]);
  let program = byKey.get(key);
  if (!program) {
    program = engine.compile({
      name: spec ? `features with ${spec.kind} adapter` : 'features',
      constants: params,
      fn: ({ constants, state, inputs }) => ({
        outputs: {
          features: forwardFeatures(config, constants, inputs['images']!, spec ? { spec, tensors: state } : undefined),
        },
      }),
    });
    byKey.set(key, program);
  }
  return program;
}
