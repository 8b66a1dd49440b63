/** The visual tower inside a CLIP, with the prefix that a model saved during distributed training has in front of it. */
const towerPrefix = /^(?:module\.)?visual\./;
const savedPrefix = /^module\./;

/** What a visual tower is made of, by its tensors' names. */
export type TowerKind =
  /** open_clip's own vision transformer. */
  | 'vit'
  /** The ResNet with attention pooling. */
  | 'resnet'
  /** A model of timm in `trunk.`, as BiomedCLIP has one. */
  | 'timm';

/** Name in the tower of a tensor's name in the file; undefined for one of the text side or of the whole model. */
function towerName(name: string, isWhole: boolean): string | undefined {
  return isWhole ? (towerPrefix.test(name) ? name.replace(towerPrefix, '') : undefined) : name.replace(savedPrefix, '');
}

/** Tensors of the visual tower by their names in it, whether the file holds a whole CLIP or the tower alone. */
export function towerTensors<T>(tensors: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  const isWhole = Object.keys(tensors).some((name) => towerPrefix.test(name));
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) => {
      const inside = towerName(name, isWhole);
      return inside === undefined ? [] : [[inside, tensor]];
    }),
  );
}

/** Which tower these tensors are; undefined if they are none of open_clip's. */
export function detectTower(names: readonly string[]): TowerKind | undefined {
  const inside = Object.keys(towerTensors(Object.fromEntries(names.map((name) => [name, null]))));
  if (inside.some((name) => name.startsWith('trunk.blocks.'))) return 'timm';
  if (inside.some((name) => name.startsWith('attnpool.'))) return 'resnet';
  return inside.includes('conv1.weight') && inside.some((name) => name.startsWith('transformer.resblocks.'))
    ? 'vit'
    : undefined;
}

/** Layers whose names differ between open_clip and timm, weight and bias alike. */
const layers: readonly (readonly [openClip: string, timm: string])[] = [
  ['ln_1', 'norm1'],
  ['attn.out_proj', 'attn.proj'],
  ['ln_2', 'norm2'],
  ['mlp.c_fc', 'mlp.fc1'],
  ['mlp.c_proj', 'mlp.fc2'],
];

/** Tensors outside the blocks. Two have another shape as well: the class embedding [D] and the positions [1 + N, D]. */
const outer: readonly (readonly [openClip: string, timm: string])[] = [
  ['class_embedding', 'cls_token'],
  ['positional_embedding', 'pos_embed'],
  ['conv1.weight', 'patch_embed.proj.weight'],
  ['ln_pre.weight', 'norm_pre.weight'],
  ['ln_pre.bias', 'norm_pre.bias'],
  ['ln_post.weight', 'norm.weight'],
  ['ln_post.bias', 'norm.bias'],
];

/** open_clip's name in its vision transformer as timm's; undefined if it has none. `proj` is stored the other way round. */
export function toTimmName(name: string): string | undefined {
  const whole = outer.find(([openClip]) => openClip === name);
  if (whole) return whole[1];
  if (name === 'proj') return 'proj.weight';
  const match = /^transformer\.resblocks\.(0|[1-9]\d{0,3})\.(.+)$/.exec(name);
  if (!match) return undefined;
  const [, block, rest] = match as unknown as [string, string, string];
  const fused = /^attn\.in_proj_(weight|bias)$/.exec(rest);
  if (fused) return `blocks.${block}.attn.qkv.${fused[1]}`;
  const layer = /^(.+)\.(weight|bias)$/.exec(rest);
  const timm = layer && layers.find(([openClip]) => openClip === layer[1]);
  return timm ? `blocks.${block}.${timm[1]}.${layer[2]}` : undefined;
}

/** The other way. @returns open_clip's name of a timm tensor, which has one */
export function toOpenClipName(name: string): string {
  const whole = outer.find(([, timm]) => timm === name);
  if (whole) return whole[0];
  if (name === 'proj.weight') return 'proj';
  const [, block, layer, kind] = /^blocks\.(\d+)\.(.+)\.(weight|bias)$/.exec(name) as unknown as string[];
  const inside =
    layer === 'attn.qkv' ? `attn.in_proj_${kind}` : `${layers.find(([, timm]) => timm === layer)![0]}.${kind}`;
  return `transformer.resblocks.${block}.${inside}`;
}
