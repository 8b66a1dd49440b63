import { type LowRankUpdate } from '@medlego/linalg';
import { InvalidValueError, UnsupportedAdapterError } from '@medlego/errors';
import { float32, type HostTensor, type NamedTensors } from '@medlego/tensors';
import { assertAdapter } from '../adapters/adapter-tensors.ts';
import { findModule, parseModulePath, type TargetModule } from '../adapters/modules.ts';
import { adapterUpdates, type HostAdapter } from '../adapters/updates.ts';
import { isResnet, type BackboneConfig } from '../config/backbone-config.ts';
import { type ExportBundle, type JsonObject } from './bundle.ts';
import { fuseUpdates, type QkvPart } from './fused-qkv.ts';
import { placeName, targetSuffix, type NameFamily } from './names.ts';

export interface ExportedAdapter {
  /** Of the backbone. */
  readonly config: BackboneConfig;
  /** A low-rank one; ranks may differ by module. */
  readonly adapter: HostAdapter;
  /** `head.weight [labels, dim]` and `head.bias [labels]`. */
  readonly head?: NamedTensors;
}

export interface PeftExportOptions {
  /** `lora` takes E into B; `adalora` keeps it. */
  readonly type: 'lora' | 'adalora';
  /**
   * Names of the model that PEFT will wrap. `hf5` (transformers 5) by default: PEFT matches names and does not translate them,
   * so transformers 4 needs `hf4` and a timm model `timm`. A ResNet keeps open_clip's names.
   */
  readonly family?: NameFamily;
  /** Written as `base_model_name_or_path`. */
  readonly baseModel?: string;
}

/** One layer of the target model with its update, under the name that PEFT will look for. */
interface Target {
  readonly path: string;
  readonly layer: TargetModule | 'qkv';
  readonly update: LowRankUpdate;
}

/**
 * A PEFT folder, `adapter_config.json` and `adapter_model.safetensors`, that computes the same updates. The head becomes a saved
 * module: PEFT loads it into a base model with as many labels.
 *
 * @returns tensors float32; scales that PEFT's whole-numbered alpha cannot say are folded into B or E
 * @throws UnsupportedAdapterError for `full` and `head-only`, InvalidValueError if no module is adapted, and what
 *         `assertAdapter` throws
 */
export function exportPeft(
  { config, adapter, head }: ExportedAdapter,
  { type, family = 'hf5', baseModel }: PeftExportOptions,
): ExportBundle {
  const updates = lowRankUpdates(config, adapter, 'PEFT');
  const targets = isResnet(config)
    ? poolTargets(config, updates)
    : family === 'timm'
      ? fuseTargets(updates)
      : nameTargets(family, updates);
  const { tensors, settings } = type === 'lora' ? loraTensors(targets) : adaloraTensors(targets);
  const headName = isResnet(config) ? 'head' : placeName(family, { layer: 'head' })!;
  const saved = head && {
    [`base_model.model.${headName}.weight`]: head['head.weight']!,
    [`base_model.model.${headName}.bias`]: head['head.bias']!,
  };
  return {
    tensors: { 'adapter_model.safetensors': { ...tensors, ...saved } },
    json: {
      'adapter_config.json': {
        base_model_name_or_path: baseModel ?? null,
        bias: 'none',
        fan_in_fan_out: false,
        inference_mode: true,
        init_lora_weights: true,
        lora_dropout: 0,
        modules_to_save: head ? [headName] : null,
        task_type: null,
        target_modules: targetModuleNames(config, family, targets),
        use_dora: false,
        use_rslora: false,
        ...settings,
      },
    },
    warnings: [],
  };
}

/** The adapter's updates, checked, for a format that can hold nothing else. */
export function lowRankUpdates(
  config: BackboneConfig,
  { spec, tensors }: HostAdapter,
  format: string,
): [string, LowRankUpdate][] {
  if (spec.kind === 'full' || spec.kind === 'head-only')
    throw new UnsupportedAdapterError(
      { source: `export to ${format}`, feature: `kind ${spec.kind}`, supported: 'kinds svd-lora and lora' },
      { hint: 'Export it as a whole model instead (timm, hf or open_clip).' },
    );
  assertAdapter(config, spec, tensors);
  const updates = Object.entries(adapterUpdates(spec, tensors));
  if (updates.length === 0)
    throw new InvalidValueError({ field: 'adapter', expected: 'at least one adapted module', actual: 'none' });
  return updates;
}

function nameTargets(family: NameFamily, updates: readonly [string, LowRankUpdate][]): Target[] {
  return updates.map(([module, update]) => {
    const { block, target } = parseModulePath(module)!;
    return { path: placeName(family, { layer: target, block })!, layer: target, update };
  });
}

/** `attnpool.q_proj` and its like. */
const poolTargets = (config: BackboneConfig, updates: readonly [string, LowRankUpdate][]): Target[] =>
  updates.map(([module, update]) => {
    const { param, target } = findModule(config, module)!;
    return { path: param.slice(0, -'.weight'.length), layer: target, update };
  });

/** timm has one layer for q, k and v, and so one adapter. */
function fuseTargets(updates: readonly [string, LowRankUpdate][]): Target[] {
  const fused = new Map<number, [QkvPart, LowRankUpdate][]>();
  const others: [string, LowRankUpdate][] = [];
  for (const [module, update] of updates) {
    const { block, target } = parseModulePath(module)!;
    if (target === 'q' || target === 'k' || target === 'v')
      fused.set(block, [...(fused.get(block) ?? []), [target, update]]);
    else others.push([module, update]);
  }
  return [
    ...[...fused].map(([block, parts]): Target => ({
      path: placeName('timm', { layer: 'qkv', block })!,
      layer: 'qkv',
      update: fuseUpdates(parts),
    })),
    ...nameTargets('timm', others),
  ];
}

interface Encoded {
  readonly tensors: NamedTensors;
  readonly settings: JsonObject;
}

const factorName = (path: string, factor: string) => `base_model.model.${path}.${factor}`;

function loraTensors(targets: readonly Target[]): Encoded {
  // alpha of PEFT is a whole number; where ours is none, the scale goes into B.
  const wholeAlpha = targets.every(
    ({ update }) => Number.isInteger(update.scaling * update.rank) && update.scaling > 0,
  );
  const rank = Math.max(...targets.map(({ update }) => update.rank));
  const alphaOf = ({ update }: Target) => (wholeAlpha ? update.scaling * update.rank : update.rank);
  const alpha = alphaOf(targets.find(({ update }) => update.rank === rank)!);
  const tensors: Record<string, HostTensor<'float32'>> = {};
  for (const { path, update } of targets) {
    const scaling = wholeAlpha ? 1 : update.scaling;
    tensors[factorName(path, 'lora_A.weight')] = float32([update.rank, update.in], Float32Array.from(update.a));
    tensors[factorName(path, 'lora_B.weight')] = float32(
      [update.out, update.rank],
      Float32Array.from(update.b, (value, i) => value * scaling * update.e[i % update.rank]!),
    );
  }
  const differing = <T>(value: (target: Target) => T, usual: T) =>
    Object.fromEntries(
      targets.filter((target) => value(target) !== usual).map((target) => [target.path, value(target)]),
    );
  return {
    tensors,
    settings: {
      peft_type: 'LORA',
      r: rank,
      lora_alpha: alpha,
      rank_pattern: differing(({ update }) => update.rank, rank),
      alpha_pattern: differing(alphaOf, alpha),
    },
  };
}

function adaloraTensors(targets: readonly Target[]): Encoded {
  const rank = Math.max(...targets.map(({ update }) => update.rank));
  const tensors: Record<string, HostTensor<'float32'>> = {};
  for (const { path, update } of targets) {
    // PEFT divides by init_r + 1e-5: E carries our scale and makes up for that.
    const factor = (update.scaling * (rank + 1e-5)) / rank;
    tensors[factorName(path, 'lora_A')] = float32([update.rank, update.in], Float32Array.from(update.a));
    tensors[factorName(path, 'lora_B')] = float32([update.out, update.rank], Float32Array.from(update.b));
    tensors[factorName(path, 'lora_E')] = float32(
      [update.rank, 1],
      Float32Array.from(update.e, (value) => value * factor),
    );
  }
  const mixed = targets.some(({ update }) => update.rank !== rank);
  return {
    tensors,
    settings: {
      peft_type: 'ADALORA',
      init_r: rank,
      target_r: rank,
      lora_alpha: rank,
      total_step: 1, // PEFT wants one, though nothing is trained
      rank_pattern: mixed
        ? Object.fromEntries(
            targets.map(({ path, update }) => [
              `${path}.lora_E`,
              Array.from({ length: rank }, (_, k) => k < update.rank),
            ]),
          )
        : null,
    },
  };
}

/** Short names where every block has the same targets, else each module's full name: a merge may leave single ones out. */
function targetModuleNames(config: BackboneConfig, family: NameFamily, targets: readonly Target[]): string[] {
  if (isResnet(config)) return targets.map(({ path }) => path);
  const layers = [...new Set(targets.map(({ layer }) => layer))];
  const short = layers.map((layer) => targetSuffix(family, layer));
  const complete = targets.length === layers.length * config.depth;
  return complete && short.every((name) => name !== undefined) ? short : targets.map(({ path }) => path);
}
