import { InvalidValueError } from '@medlego/errors';
import type { AdapterUpdates, LowRankUpdate } from '@medlego/linalg';
import { adapterFromUpdates, adapterUpdates, foldUpdates } from '@medlego/vit';
import type { AdapterModel, BackboneModel } from './features.ts';

/** A generalist that a specialist is trained on top of: its update is frozen and active. */
export interface TrainingBase {
  /** Of the artifact. */
  readonly digest: string;
  readonly updates: AdapterUpdates;
}

/** The backbone with the base's update folded in: what training sees costs nothing more than the plain backbone. */
export const onBase = (backbone: BackboneModel, base: TrainingBase | null | undefined): BackboneModel =>
  base ? { config: backbone.config, params: foldUpdates(backbone.config, backbone.params, base.updates) } : backbone;

/**
 * What a specialist changes in the plain backbone: the base's update plus its own, exactly, their factors side by side. A `full`
 * adapter is whole as it is.
 * @throws InvalidValueError for modules of different sizes
 */
export function withBase(base: TrainingBase | null | undefined, own: AdapterModel): AdapterModel {
  if (!base || own.spec.kind === 'full') return own;
  const updates = adapterUpdates(own.spec, own.tensors);
  const modules = new Set([...Object.keys(base.updates), ...Object.keys(updates)]);
  return adapterFromUpdates(
    Object.fromEntries([...modules].map((module) => [module, sum(module, base.updates[module], updates[module])])),
  );
}

/** x + y with rank x.rank + y.rank, scales taken into e. */
function sum(module: string, x: LowRankUpdate | undefined, y: LowRankUpdate | undefined): LowRankUpdate {
  if (!x || !y) return (x ?? y)!;
  if (x.out !== y.out || x.in !== y.in)
    throw new InvalidValueError({ field: module, expected: `[${x.out}, ${x.in}]`, actual: `[${y.out}, ${y.in}]` });
  const rank = x.rank + y.rank;
  const [b, e, a] = [new Float32Array(x.out * rank), new Float32Array(rank), new Float32Array(rank * x.in)];
  for (const [update, first] of [
    [x, 0],
    [y, x.rank],
  ] as const) {
    a.set(update.a, first * x.in);
    for (let k = 0; k < update.rank; k++) {
      e[first + k] = update.scaling * update.e[k]!;
      for (let o = 0; o < x.out; o++) b[o * rank + first + k] = update.b[o * update.rank + k]!;
    }
  }
  return { out: x.out, in: x.in, rank, b, e, a, scaling: 1 };
}
