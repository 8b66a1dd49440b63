import { UnsupportedAdapterError } from '@medlego/errors';
import { isResnet, type BackboneConfig } from '../config/backbone-config.ts';
import { poolWidth } from '../config/resnet-config.ts';
import { mlpDim, type VitConfig } from '../config/vit-config.ts';

/**
 * The matrices that an adapter can touch. In a transformer's block all six, q, k and v as row ranges of the fused `attn.qkv`; in a
 * ResNet the four of its attention pool, where `proj` is `c_proj`.
 */
export const targetModules = ['q', 'k', 'v', 'proj', 'fc1', 'fc2'] as const;
export type TargetModule = (typeof targetModules)[number];

const parents = { q: 'attn', k: 'attn', v: 'attn', proj: 'attn', fc1: 'mlp', fc2: 'mlp' } as const;

/** `blocks.0.attn.q` */
export const modulePath = (block: number, target: TargetModule): string =>
  `blocks.${block}.${parents[target]}.${target}`;

/** Block and target of a module's path; undefined if it is none. */
export function parseModulePath(path: string): { readonly block: number; readonly target: TargetModule } | undefined {
  const match = /^blocks\.(0|[1-9]\d{0,3})\.(?:attn\.(q|k|v|proj)|mlp\.(fc1|fc2))$/.exec(path);
  return match ? { block: Number(match[1]), target: (match[2] ?? match[3]) as TargetModule } : undefined;
}

/** Sizes of a target's weight, [out, in]. */
export function moduleShape(
  config: Pick<VitConfig, 'embedDim' | 'mlpRatio'>,
  target: TargetModule,
): { readonly out: number; readonly in: number } {
  const dim = config.embedDim;
  if (target === 'fc1') return { out: mlpDim(config), in: dim };
  if (target === 'fc2') return { out: dim, in: mlpDim(config) };
  return { out: dim, in: dim };
}

/** Where a module's weight lies in the backbone: a parameter and its first row there. */
export function moduleWeight(
  config: Pick<VitConfig, 'embedDim'>,
  block: number,
  target: TargetModule,
): { readonly param: string; readonly firstRow: number } {
  const part = ['q', 'k', 'v'].indexOf(target);
  return part < 0
    ? { param: `${modulePath(block, target)}.weight`, firstRow: 0 }
    : { param: `blocks.${block}.attn.qkv.weight`, firstRow: part * config.embedDim };
}

/** All module paths of these targets, block by block. */
export const allModules = (config: Pick<VitConfig, 'depth'>, targets: readonly TargetModule[]): string[] =>
  Array.from({ length: config.depth }, (_, block) => targets.map((target) => modulePath(block, target))).flat();

/** The attention pool's matrices and their parameters. */
const poolParams = { q: 'q_proj', k: 'k_proj', v: 'v_proj', proj: 'c_proj' } as const;
export const poolTargets = Object.keys(poolParams) as readonly (keyof typeof poolParams)[];

/** `attnpool.q` */
export const poolPath = (target: keyof typeof poolParams): string => `attnpool.${target}`;

/** Target of a module's path, in a block or in an attention pool; undefined if it is none. */
export function moduleTarget(path: string): TargetModule | undefined {
  const pool = poolTargets.find((target) => path === poolPath(target));
  return pool ?? parseModulePath(path)?.target;
}

/** A module of one backbone: its weight [out, in] lies in `param` from row `firstRow` on. */
export interface BackboneModule {
  readonly path: string;
  readonly target: TargetModule;
  readonly out: number;
  readonly in: number;
  readonly param: string;
  readonly firstRow: number;
}

/** The module that a path names in this backbone; undefined if it has none of that name (a block beyond its depth, for example). */
export function findModule(config: BackboneConfig, path: string): BackboneModule | undefined {
  if (isResnet(config)) {
    const target = poolTargets.find((name) => path === poolPath(name));
    if (!target) return undefined;
    const dim = poolWidth(config);
    const out = target === 'proj' ? config.embedDim : dim;
    return { path, target, out, in: dim, param: `attnpool.${poolParams[target]}.weight`, firstRow: 0 };
  }
  const place = parseModulePath(path);
  if (!place || place.block >= config.depth) return undefined;
  const { block, target } = place;
  return { path, target, ...moduleShape(config, target), ...moduleWeight(config, block, target) };
}

/** How the modules of a backbone are called, for messages. */
export const modulePattern = (config: BackboneConfig): string =>
  isResnet(config)
    ? 'attnpool.<q|k|v|proj>'
    : `blocks.<i>.attn.<q|k|v|proj> or mlp.<fc1|fc2> with i below ${config.depth}`;

/**
 * All modules of these targets.
 * @throws UnsupportedAdapterError for a target that this backbone has not
 */
export function modulesOf(config: BackboneConfig, targets: readonly TargetModule[]): BackboneModule[] {
  if (!isResnet(config)) return allModules(config, targets).map((path) => findModule(config, path)!);
  return targets.map((target) => {
    const module = findModule(config, `attnpool.${target}`);
    if (!module)
      throw new UnsupportedAdapterError({
        source: 'adapter for a ResNet backbone',
        feature: `the target ${target}`,
        supported: `the attention pool's ${poolTargets.join(', ')} (svd-lora, lora), full and head-only`,
      });
    return module;
  });
}
