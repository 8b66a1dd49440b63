import type { Engine, Program } from '@medlego/engine';
import { invariant } from '@medlego/errors';
import { asFloat32, float32, type NamedTensors } from '@medlego/tensors';
import { attentionMap, isResnet, type AttentionMethod, type BackboneConfig } from '@medlego/vit';

/** Attention of one image at a time. The graph that was used last is kept, and no other: each holds all weights of a model. */
export class AttentionProgram {
  readonly #engine: Engine;
  readonly #config: BackboneConfig;
  #last: { readonly key: string; readonly method: AttentionMethod; readonly program: Program } | undefined;

  constructor(engine: Engine, config: BackboneConfig) {
    this.#engine = engine;
    this.#config = config;
  }

  /**
   * @param folded weights of the variant, its adapter folded in
   * @param image float32 [side, side, 3] flat
   * @returns as `attentionMap`, [grid · grid], owned by the caller
   */
  async run(key: string, method: AttentionMethod, folded: NamedTensors, image: Float32Array): Promise<Float32Array> {
    const config = this.#config;
    invariant(!isResnet(config), 'only transformers are asked where they look');
    if (this.#last?.key !== key || this.#last.method !== method) {
      await this.#last?.program.dispose();
      this.#last = undefined;
      const program = this.#engine.compile({
        name: `attention of one model (${method})`,
        constants: folded,
        fn: ({ constants, inputs }) => ({
          outputs: { map: attentionMap(method, config, constants, inputs['images']!) },
        }),
      });
      this.#last = { key, method, program };
    }
    const { map } = await this.#last.program.run({ images: float32([1, config.imgSize, config.imgSize, 3], image) });
    return asFloat32('map', map!).data.slice();
  }

  /** Forgets a variant. */
  async forget(key: string): Promise<void> {
    if (this.#last?.key !== key) return;
    const { program } = this.#last;
    this.#last = undefined;
    await program.dispose();
  }
}
