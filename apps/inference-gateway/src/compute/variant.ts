import { invariant } from '@medlego/errors';
import { adapterUpdates, foldAdapter, type BackboneConfig } from '@medlego/vit';
import type { AdapterUpdates } from '@medlego/linalg';
import type { NamedTensors } from '@medlego/tensors';
import type { VariantSpec } from './messages.ts';

/** A variant as the programs use it: weights of its own for batches of one model, updates for mixed ones. */
export interface Variant {
  readonly folded: NamedTensors;
  /** Null for a whole model of its own, which cannot share a pass. */
  readonly updates: AdapterUpdates | null;
}

/** Largest rank of any module; 0 without an adapter. */
export const rankOf = ({ updates }: Variant): number =>
  Math.max(0, ...Object.values(updates ?? {}).map(({ rank }) => rank));

export function prepareVariant(config: BackboneConfig, params: NamedTensors, { adapter, key }: VariantSpec): Variant {
  invariant(key !== '', 'a variant needs a key');
  if (!adapter) return { folded: params, updates: {} };
  return {
    folded: foldAdapter(config, params, adapter),
    updates: adapter.spec.kind === 'full' ? null : adapterUpdates(adapter.spec, adapter.tensors),
  };
}
