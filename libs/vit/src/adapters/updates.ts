import { assertLowRankUpdate, type AdapterUpdates, type LowRankUpdate } from '@medlego/linalg';
import { InvalidValueError, MissingTensorError } from '@medlego/errors';
import { asFloat32, assertShape, float32, type HostTensor, type NamedTensors } from '@medlego/tensors';
import { adapterScaling, parseAdapterSpec, type AdapterSpec } from './adapter-spec.ts';
import { adaptedModules, rankOf } from './adapter-tensors.ts';
import { moduleTarget, targetModules } from './modules.ts';

/**
 * An adapter's tensors as low-rank updates, sharing their memory.
 *
 * @param tensors `<module>.lora_A [rank, in]`, `.lora_B [out, rank]` and for SVD-LoRA `.lora_E [rank]`, float32
 * @returns one update per adapted module; none for `head-only`
 * @throws InvalidValueError for kind `full`, which has no low-rank form, MissingTensorError, ShapeMismatchError
 */
export function adapterUpdates(spec: AdapterSpec, tensors: NamedTensors, source = 'adapter'): AdapterUpdates {
  if (spec.kind === 'head-only') return {};
  if (spec.kind === 'full')
    throw new InvalidValueError({
      field: `${source}.kind`,
      expected: 'a low-rank kind, svd-lora or lora',
      actual: spec.kind,
    });
  const take = (name: string): HostTensor<'float32'> => {
    const tensor = tensors[name];
    if (!tensor) throw new MissingTensorError({ param: name, source });
    return asFloat32(`${source}: ${name}`, tensor);
  };
  return Object.fromEntries(
    adaptedModules(tensors).map((module) => {
      const a = take(`${module}.lora_A`);
      const b = take(`${module}.lora_B`);
      const rank = rankOf(`${source}: ${module}.lora_A`, a.shape);
      assertShape(`${source}: ${module}.lora_B`, [b.shape[0] ?? -1, rank], b.shape);
      const e = spec.kind === 'svd-lora' ? take(`${module}.lora_E`) : float32([rank], new Float32Array(rank).fill(1));
      assertShape(`${source}: ${module}.lora_E`, [rank], e.shape);
      const update: LowRankUpdate = {
        out: b.shape[0]!,
        in: a.shape[1]!,
        rank,
        b: b.data,
        e: e.data,
        a: a.data,
        scaling: adapterScaling(spec),
      };
      return [module, update];
    }),
  );
}

/** A specification with its tensors in main memory. */
export interface HostAdapter {
  readonly spec: AdapterSpec;
  readonly tensors: NamedTensors;
}

/**
 * The other way: an adapter that computes these updates. Where all share one positive scale it becomes `alpha / rank`,
 * otherwise each scale goes into its E (or B for `lora`) and alpha is rank. Factors of `lora` take E into B.
 *
 * @param updates borrowed; modules of different rank are fine, as a merge gives them
 * @returns float32 tensors, shared with float32 factors that did not have to change
 * @throws InvalidValueError for a module of no known name, and what `assertLowRankUpdate` throws
 */
export function adapterFromUpdates(
  updates: AdapterUpdates,
  { kind = 'svd-lora', source = 'adapter' }: { readonly kind?: 'svd-lora' | 'lora'; readonly source?: string } = {},
): HostAdapter {
  const entries = Object.entries(updates);
  for (const [module, update] of entries) {
    if (!moduleTarget(module))
      throw new InvalidValueError({
        field: `${source} module`,
        expected: 'blocks.<i>.attn.<q|k|v|proj>, blocks.<i>.mlp.<fc1|fc2> or attnpool.<q|k|v|proj>',
        actual: module,
      });
    assertLowRankUpdate(`${source}.${module}`, update);
  }
  const scales = new Set(entries.map(([, update]) => update.scaling));
  const [first] = scales;
  const shared = scales.size === 1 && first! > 0 ? first! : undefined;
  const rank = Math.max(1, ...entries.map(([, update]) => update.rank));

  const tensors: Record<string, HostTensor<'float32'>> = {};
  for (const [module, update] of entries) {
    const { out, in: inner, rank: width } = update;
    const factor = shared === undefined ? update.scaling : 1;
    const diagonal = Float64Array.from(update.e, (value) => value * factor);
    tensors[`${module}.lora_A`] = float32([width, inner], toFloat32(update.a));
    if (kind === 'svd-lora') {
      tensors[`${module}.lora_B`] = float32([out, width], toFloat32(update.b));
      tensors[`${module}.lora_E`] = float32([width], Float32Array.from(diagonal));
    } else {
      const unchanged = diagonal.every((value) => value === 1);
      tensors[`${module}.lora_B`] = float32(
        [out, width],
        unchanged ? toFloat32(update.b) : Float32Array.from(update.b, (value, i) => value * diagonal[i % width]!),
      );
    }
  }
  const touched = new Set(entries.map(([module]) => moduleTarget(module)!));
  const targets = targetModules.filter((target) => touched.has(target));
  const spec = parseAdapterSpec({
    kind,
    rank,
    alpha: (shared ?? 1) * rank,
    ...(targets.length > 0 && { targetModules: targets }),
  });
  return { spec, tensors };
}

const toFloat32 = (data: Float32Array | Float64Array): Float32Array =>
  data instanceof Float32Array ? data : Float32Array.from(data);
