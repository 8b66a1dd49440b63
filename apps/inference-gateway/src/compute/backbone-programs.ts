import type { Engine, Program } from '@medlego/engine';
import { asFloat32, float32, type NamedTensors } from '@medlego/tensors';
import { featureDim, forwardFeatures, parseAdapterSpec, type AttentionMethod } from '@medlego/vit';
import { AttentionProgram } from './attention-program.ts';
import type { BackboneSpec, VariantSpec } from './messages.ts';
import { rankBucket, stackAdapters } from './stack-adapters.ts';
import { prepareVariant, rankOf, type Variant } from './variant.ts';

/** Sizes that batches are padded to; a graph is compiled for each. */
export const batchBuckets = [1, 2, 4, 8, 16, 32, 64] as const;

const bucketOf = (rows: number): number => batchBuckets.find((size) => size >= rows) ?? rows;

/**
 * Everything that one backbone computes. A batch of one variant runs on weights that its adapter is folded into; a batch of several
 * runs once on the backbone with an adapter per image.
 */
export class BackbonePrograms {
  readonly #engine: Engine;
  readonly #backbone: BackboneSpec;
  readonly #variants = new Map<string, Variant>();
  readonly #folded = new Map<string, Program>();
  readonly #attention: AttentionProgram;
  #mixed: Program | undefined;

  constructor(engine: Engine, backbone: BackboneSpec) {
    this.#engine = engine;
    this.#backbone = backbone;
    this.#attention = new AttentionProgram(engine, backbone.config);
  }

  /** Compiles the variant's own graphs and runs each once. */
  async load(spec: VariantSpec, warmUp: readonly number[]): Promise<void> {
    const { config, params } = this.#backbone;
    this.#variants.set(spec.key, prepareVariant(config, params, spec));
    for (const size of warmUp)
      await this.run(Array<string>(size).fill(spec.key), new Float32Array(size * this.#pixels));
  }

  async unload(key: string): Promise<void> {
    this.#variants.delete(key);
    const program = this.#folded.get(key);
    this.#folded.delete(key);
    await program?.dispose();
    await this.#attention.forget(key);
  }

  /** Where the variant looks in one image, as `attentionMap` says. @param image float32 [side, side, 3] flat */
  explain(key: string, method: AttentionMethod, image: Float32Array): Promise<Float32Array> {
    return this.#attention.run(key, method, this.#variants.get(key)!.folded, image);
  }

  /** @param images float32 [n, side, side, 3] flat. @returns features [n, dim] flat, owned by the caller */
  async run(keys: readonly string[], images: Float32Array): Promise<Float32Array> {
    const apart = [...new Set(keys)].filter((key) => this.#variants.get(key)!.updates === null);
    if (apart.length === 0 || new Set(keys).size === 1) return this.#pass(keys, images);
    // A whole model of its own shares no pass: its rows go alone.
    const out = new Float32Array(keys.length * this.#dim);
    const rest = (key: string) => !apart.includes(key);
    for (const belongs of [rest, ...apart.map((own) => (key: string) => key === own)]) {
      const rows = keys.flatMap((key, row) => (belongs(key) ? [row] : []));
      if (rows.length === 0) continue;
      const part = new Float32Array(rows.length * this.#pixels);
      rows.forEach((row, i) =>
        part.set(images.subarray(row * this.#pixels, (row + 1) * this.#pixels), i * this.#pixels),
      );
      const features = await this.#pass(
        rows.map((row) => keys[row]!),
        part,
      );
      rows.forEach((row, i) => out.set(features.subarray(i * this.#dim, (i + 1) * this.#dim), row * this.#dim));
    }
    return out;
  }

  get #pixels(): number {
    return this.#backbone.config.imgSize ** 2 * 3;
  }

  get #dim(): number {
    return featureDim(this.#backbone.config);
  }

  async #pass(keys: readonly string[], images: Float32Array): Promise<Float32Array> {
    const side = this.#backbone.config.imgSize;
    const size = bucketOf(keys.length);
    const padded = size === keys.length ? images : new Float32Array(size * this.#pixels);
    if (padded !== images) padded.set(images);
    const batch = float32([size, side, side, 3], padded);
    const single = new Set(keys).size === 1;
    const { features } = single
      ? await this.#foldedProgram(keys[0]!).run({ images: batch })
      : await this.#mixedProgram().run({ images: batch, ...this.#adaptersOf(keys, size) });
    return asFloat32('features', features!).data.slice(0, keys.length * this.#dim);
  }

  #adaptersOf(keys: readonly string[], size: number): NamedTensors {
    const variants = keys.map((key) => this.#variants.get(key)!);
    const modules = new Map(
      variants.flatMap(({ updates }) =>
        Object.entries(updates!).map(([module, { out, in: inner }]) => [module, { out, in: inner }] as const),
      ),
    );
    const rows = Array.from({ length: size }, (_, row) => variants[row]?.updates ?? {});
    const sorted = new Map([...modules].sort(([a], [b]) => (a < b ? -1 : 1)));
    return stackAdapters(rows, sorted, rankBucket(Math.max(1, ...variants.map(rankOf))));
  }

  #foldedProgram(key: string): Program {
    const known = this.#folded.get(key);
    if (known) return known;
    const { config } = this.#backbone;
    const program = this.#engine.compile({
      name: 'features of one model',
      constants: this.#variants.get(key)!.folded,
      fn: ({ constants, inputs }) => ({
        outputs: { features: forwardFeatures(config, constants, inputs['images']!) },
      }),
    });
    this.#folded.set(key, program);
    return program;
  }

  #mixedProgram(): Program {
    const { config, params } = this.#backbone;
    const spec = parseAdapterSpec({ rank: 1 }); // scale 1: every scale is in its E already
    this.#mixed ??= this.#engine.compile({
      name: 'features of several models',
      constants: params,
      fn: ({ constants, inputs: { images, ...tensors } }) => ({
        outputs: { features: forwardFeatures(config, constants, images!, { spec, tensors }) },
      }),
    });
    return this.#mixed;
  }
}
