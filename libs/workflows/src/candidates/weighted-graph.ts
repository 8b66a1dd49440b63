import type { Engine, EngineState, Program } from '@medlego/engine';
import { MissingTensorError } from '@medlego/errors';
import { asFloat32, float32, type HostTensor, type NamedTensors } from '@medlego/tensors';
import type { BackboneModel } from '@medlego/training';
import { featureDim, forwardFeatures } from '@medlego/vit';
import type { PaddedBatch } from './kept-batches.ts';

/**
 * The backbone's forward pass, compiled once, with some of its weights as engine state: other values for them are a copy into
 * that state, never another graph. All other weights are constants.
 */
export class WeightedGraph {
  /** Names of the weights that can be set. */
  readonly movable: ReadonlySet<string>;
  readonly #engine: Engine;
  readonly #backbone: BackboneModel;
  readonly #program: Program;
  readonly #loaded = new Map<string, HostTensor>();
  #state: EngineState | undefined;

  constructor(engine: Engine, backbone: BackboneModel, movable: Iterable<string>) {
    this.#engine = engine;
    this.#backbone = backbone;
    this.movable = new Set(movable);
    for (const name of this.movable)
      if (!backbone.params[name]) throw new MissingTensorError({ param: name, source: 'backbone' });
    this.#program = engine.compile({
      name: 'features with movable weights',
      constants: Object.fromEntries(Object.entries(backbone.params).filter(([name]) => !this.movable.has(name))),
      fn: ({ constants, state, inputs }) => ({
        outputs: { features: forwardFeatures(backbone.config, { ...constants, ...state }, inputs['images']!) },
      }),
    });
  }

  /**
   * Sets weights; those that are not given return to the backbone's. A tensor that is loaded already (the same object) costs nothing.
   * @throws ShapeMismatchError, InvalidValueError, MissingTensorError for a weight that is not movable
   */
  async load(weights: NamedTensors): Promise<void> {
    for (const name of Object.keys(weights))
      if (!this.movable.has(name)) throw new MissingTensorError({ param: name, source: 'movable weights' });
    const wanted = [...this.movable].map((name) => [name, weights[name] ?? this.#backbone.params[name]!] as const);
    this.#state ??= await this.#engine.createState(Object.fromEntries(this.#base()));
    const changed = wanted.filter(([name, tensor]) => this.#loaded.get(name) !== tensor);
    if (changed.length > 0) await this.#state.write(Object.fromEntries(changed));
    for (const [name, tensor] of changed) this.#loaded.set(name, tensor);
  }

  /** Features of `count` images with the loaded weights, [count, dim], owned by the caller. */
  async features(count: number, batches: Iterable<PaddedBatch>, signal?: AbortSignal): Promise<HostTensor<'float32'>> {
    const width = featureDim(this.#backbone.config);
    const data = new Float32Array(count * width);
    let row = 0;
    for (const { rows, images } of batches) {
      signal?.throwIfAborted();
      const out = asFloat32('features', (await this.#program.run({ images }, this.#state))['features']!);
      data.set(out.data.subarray(0, rows * width), row * width);
      row += rows;
    }
    return float32([count, width], data);
  }

  async dispose(): Promise<void> {
    await this.#state?.dispose();
    await this.#program.dispose();
    this.#loaded.clear();
  }

  #base(): [string, HostTensor][] {
    const entries = [...this.movable].map((name): [string, HostTensor] => [name, this.#backbone.params[name]!]);
    for (const [name, tensor] of entries) this.#loaded.set(name, tensor);
    return entries;
  }
}
