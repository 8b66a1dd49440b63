import { mlpDim, type VitConfig } from '../config/vit-config.ts';

/** The matrices of a block that an adapter can touch; q, k and v are row ranges of the fused `attn.qkv`. */
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
