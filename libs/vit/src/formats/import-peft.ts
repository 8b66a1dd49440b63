import { type LowRankUpdate } from '@medlego/linalg';
import { InvalidValueError, MissingTensorError, ShapeMismatchError, UnsupportedAdapterError } from '@medlego/errors';
import { assertShape, float32, type HostTensor, type NamedTensors } from '@medlego/tensors';
import { type AdapterKind } from '../adapters/adapter-spec.ts';
import { findModule, modulePath, modulesOf, poolTargets } from '../adapters/modules.ts';
import { adapterFromUpdates, type HostAdapter } from '../adapters/updates.ts';
import { featureDim, isResnet, type BackboneConfig } from '../config/backbone-config.ts';
import { type VitConfig } from '../config/vit-config.ts';
import { assertNoneLeft } from '../params/assert-params.ts';
import { splitFused } from './fused-qkv.ts';
import { readHead } from './head.ts';
import { widen } from './matrices.ts';
import { detectFamily, findPlace, isTarget, placeName, type Place } from './names.ts';
import { matchPattern, parsePeftConfig, type PeftConfig } from './peft-config.ts';
import { parsePeftName } from './peft-names.ts';

export interface PeftFiles {
  /** Of `adapter_model.safetensors`. */
  readonly tensors: NamedTensors;
  /** Parsed `adapter_config.json`. */
  readonly adapterConfig: unknown;
  /** Names the folder in error messages. */
  readonly source: string;
}

export interface ImportedAdapter extends HostAdapter {
  readonly format: 'peft-lora' | 'peft-adalora' | 'melo';
  /** `head.weight [labels, dim]` and `head.bias [labels]`, if the adapter carries one. */
  readonly head?: NamedTensors;
  /** What the file says about the backbone it was trained on: a name or path, not a digest. */
  readonly baseModel?: string;
  /** What was left out, assumed or turned into something else, in sentences. */
  readonly warnings: readonly string[];
}

/**
 * A PEFT adapter: LoRA (alpha, rank-stabilised scale, patterns, fused or separate qkv) or AdaLoRA (`lora_E`, the divisor init_r +
 * 1e-5, pruned triplets), for timm's or Hugging Face's names of either version or a ResNet's attention pool, with or without a saved head.
 *
 * @param config of the backbone that it will run on
 * @returns SVD-LoRA for AdaLoRA, LoRA otherwise; scales that differ by module are folded in
 * @throws UnsupportedAdapterError for DoRA and every other variant, UnexpectedTensorError, MissingTensorError,
 *         ShapeMismatchError (another base size), InvalidValueError (rank 0, blocks beyond the depth), NonFiniteError
 */
export function importPeft(config: BackboneConfig, { tensors, adapterConfig, source }: PeftFiles): ImportedAdapter {
  const peft = parsePeftConfig(adapterConfig, `${source} adapter_config.json`);
  const { factors, saved, unknown } = sortTensors(tensors, source);
  assertNoneLeft(unknown, source);
  const { locate, expected, headName } = isResnet(config)
    ? poolNames(config, source)
    : blockNames(config, factors.keys(), source);

  const warnings: string[] = [];
  const updates: Record<string, LowRankUpdate> = {};
  for (const [path, given] of factors) {
    const { module, sizes } = locate(path);
    const update = toUpdate(sizes, peft, path, given, source);
    if (update === 'pruned') warnings.push(`${source}: ${path} was pruned to rank 0 and has no update.`);
    else if (typeof module === 'string') updates[module] = update;
    else for (const [part, one] of splitFused(update)) updates[modulePath(module.fusedBlock, part)] = one;
  }
  assertTargetsPresent(peft, expected, factors, source);
  if (Object.keys(updates).length === 0)
    throw new InvalidValueError({ field: `${source} rank`, expected: 'a module with rank 1 or more', actual: 0 });
  if (
    Object.keys(updates).some((module) => module.endsWith('.k')) &&
    [...factors.keys()].some((path) => path.endsWith('qkv'))
  )
    warnings.push(`${source}: the fused qkv adapter changes keys as well as queries and values.`);

  const kind: AdapterKind = peft.peft_type === 'ADALORA' ? 'svd-lora' : 'lora';
  const head = readSavedHead(featureDim(config), peft, headName, saved, source);
  return {
    format: peft.peft_type === 'ADALORA' ? 'peft-adalora' : 'peft-lora',
    ...adapterFromUpdates(updates, { kind, source }),
    ...(head && { head }),
    ...(peft.base_model_name_or_path && { baseModel: peft.base_model_name_or_path }),
    warnings,
  };
}

interface Sizes {
  readonly out: number;
  readonly in: number;
}

/** How a backbone's layers are called in an adapter's file. */
interface LayerNames {
  /** Our module of a layer's path there, or the block whose q, k and v it fuses. @throws for paths that are no target */
  locate(path: string): { readonly module: string | { readonly fusedBlock: number }; readonly sizes: Sizes };
  /** Paths of all layers that a target's name could match. */
  readonly expected: readonly string[];
  readonly headName: string;
}

function poolNames(config: BackboneConfig, source: string): LayerNames {
  const modules = new Map(
    modulesOf(config, poolTargets).map((module) => [module.param.slice(0, -'.weight'.length), module]),
  );
  return {
    locate: (path) => {
      const module = modules.get(path);
      if (!module)
        throw new UnsupportedAdapterError({
          source,
          feature: `the target ${path}`,
          supported: `a ResNet's ${[...modules.keys()].join(', ')}`,
        });
      return { module: module.path, sizes: { out: module.out, in: module.in } };
    },
    expected: [...modules.keys()],
    headName: 'head',
  };
}

function blockNames(config: VitConfig, paths: Iterable<string>, source: string): LayerNames {
  const all = [...paths];
  const family = detectFamily(all);
  if (!family) throw new MissingTensorError({ param: '<module>.lora_A of an attention or MLP layer', source });
  const prefixed = all.some((path) => path.startsWith('vit.'));
  return {
    locate: (path) => {
      const place = findPlace(family, path);
      if (!place || place.block === undefined || !(isTarget(place.layer) || place.layer === 'qkv'))
        throw new UnsupportedAdapterError({
          source,
          feature: `the target ${path}`,
          supported: 'targets in attention and MLP of the blocks',
        });
      const { block, layer } = place;
      if (block >= config.depth)
        throw new InvalidValueError({
          field: `${source}: ${path}`,
          expected: `a block below the backbone's depth ${config.depth}`,
          actual: block,
        });
      if (layer === 'qkv')
        return { module: { fusedBlock: block }, sizes: { out: 3 * config.embedDim, in: config.embedDim } };
      const { path: module, out, in: inner } = findModule(config, modulePath(block, layer))!;
      return { module, sizes: { out, in: inner } };
    },
    expected: Array.from({ length: config.depth }, (_, block) =>
      (['q', 'k', 'v', 'qkv', 'proj', 'fc1', 'fc2'] as const).flatMap((layer) => {
        const name = placeName(family, { layer, block } satisfies Place);
        return name === undefined ? [] : [prefixed ? name : name.replace(/^vit\./, '')];
      }),
    ).flat(),
    headName: placeName(family, { layer: 'head' })!,
  };
}

type Factors = { a?: HostTensor<'float32'>; b?: HostTensor<'float32'>; e?: HostTensor<'float32'> };

function sortTensors(tensors: NamedTensors, source: string) {
  const factors = new Map<string, Factors>();
  const saved = new Map<string, HostTensor<'float32'>>();
  const unknown: string[] = [];
  for (const [name, raw] of Object.entries(tensors)) {
    const parsed = parsePeftName(name, source);
    if (parsed.role === 'unknown') {
      unknown.push(name);
      continue;
    }
    const tensor = widen(`${source}: ${name}`, raw);
    if (parsed.role === 'saved') saved.set(`${parsed.module}.${parsed.kind}`, tensor);
    else {
      const key = { lora_A: 'a', lora_B: 'b', lora_E: 'e' } as const;
      factors.set(parsed.module, { ...factors.get(parsed.module), [key[parsed.role]]: tensor });
    }
  }
  return { factors, saved, unknown };
}

/** Shapes and scale of one module. AdaLoRA may prune a module away; a LoRA of rank 0 is a mistake. */
function toUpdate(
  sizes: Sizes,
  peft: PeftConfig,
  path: string,
  { a, b, e }: Factors,
  source: string,
): LowRankUpdate | 'pruned' {
  const adaptive = peft.peft_type === 'ADALORA';
  const label = `${source}: ${path}`;
  const need = (tensor: HostTensor<'float32'> | undefined, name: string) => {
    if (!tensor) throw new MissingTensorError({ param: `${path}.${name}`, source });
    return tensor;
  };
  const [factorA, factorB] = [need(a, 'lora_A'), need(b, 'lora_B')];
  const rank = factorA.shape[0] ?? 0;
  assertShape(`${label}.lora_A`, [rank, sizes.in], factorA.shape);
  assertShape(`${label}.lora_B`, [sizes.out, rank], factorB.shape);
  const factorE = adaptive ? need(e, 'lora_E') : float32([rank, 1], new Float32Array(rank).fill(1));
  if (!adaptive && e)
    throw new InvalidValueError({
      field: `${source}: peft_type`,
      expected: 'ADALORA, since there is a lora_E',
      actual: peft.peft_type,
    });
  assertShape(`${label}.lora_E`, [rank, 1], factorE.shape);

  const expected = expectedRank(peft, path);
  if (rank !== expected)
    throw new ShapeMismatchError({
      param: `${label}.lora_A (rank by its configuration)`,
      expected: [expected, sizes.in],
      actual: factorA.shape,
    });
  if (rank === 0) {
    if (adaptive) return 'pruned';
    throw new InvalidValueError({ field: `${label} rank`, expected: 'at least 1', actual: 0 });
  }
  const scaling = scalingOf(peft, path, rank);
  return { ...sizes, rank, b: factorB.data, e: factorE.data, a: factorA.data, scaling };
}

function expectedRank(peft: PeftConfig, path: string): number {
  if (peft.peft_type === 'ADALORA') {
    const kept = peft.rank_pattern?.[`${path}.lora_E`] ?? peft.rank_pattern?.[`${path}.lora_E.default`];
    return Array.isArray(kept) ? kept.filter(Boolean).length : peft.init_r;
  }
  const rank = matchPattern('rank_pattern', peft.rank_pattern, path) ?? peft.r;
  return typeof rank === 'number' ? rank : rank.filter(Boolean).length;
}

/** LoRA: alpha / r, rank-stabilised alpha / √r (arXiv 2312.03732). AdaLoRA: alpha / (init_r + 1e-5), whatever was pruned since. */
function scalingOf(peft: PeftConfig, path: string, rank: number): number {
  if (peft.peft_type === 'ADALORA') return (peft.lora_alpha > 0 ? peft.lora_alpha : peft.init_r) / (peft.init_r + 1e-5);
  const alpha = matchPattern('alpha_pattern', peft.alpha_pattern, path) ?? peft.lora_alpha;
  return alpha / (peft.use_rslora ? Math.sqrt(rank) : rank);
}

/** A file that was cut, or a shard of one, must not pass as an adapter: what a plain list of targets names has to be there. */
function assertTargetsPresent(
  peft: PeftConfig,
  expected: readonly string[],
  factors: ReadonlyMap<string, unknown>,
  source: string,
): void {
  const targets = peft.target_modules;
  if (!Array.isArray(targets) || !isEmpty(peft.layers_to_transform) || !isEmpty(peft.exclude_modules)) return;
  for (const path of expected)
    if (targets.some((target) => path === target || path.endsWith(`.${target}`)) && !factors.has(path))
      throw new MissingTensorError({ param: `${path}.lora_A`, source });
}

const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || (typeof value === 'object' && Object.keys(value).length === 0);

/** The head among `modules_to_save`; any other module that was trained whole is not representable. */
function readSavedHead(
  dim: number,
  peft: PeftConfig,
  name: string,
  saved: ReadonlyMap<string, HostTensor<'float32'>>,
  source: string,
): NamedTensors | undefined {
  const others = (peft.modules_to_save ?? []).filter((module) => module !== name);
  if (others.length > 0)
    throw new UnsupportedAdapterError({
      source,
      feature: `other trained modules (modules_to_save: ${others.join(', ')})`,
      supported: `a saved head (${name})`,
    });
  assertNoneLeft(
    [...saved.keys()].filter((key) => key !== `${name}.weight` && key !== `${name}.bias`),
    source,
  );
  const weight = saved.get(`${name}.weight`);
  if (!weight) {
    if (peft.modules_to_save?.includes(name) || saved.size > 0)
      throw new MissingTensorError({ param: `${name}.weight`, source });
    return undefined;
  }
  const bias = saved.get(`${name}.bias`);
  if (!bias) throw new MissingTensorError({ param: `${name}.bias`, source });
  return readHead(dim, weight, bias, source);
}
