import { type TensorMap } from '@medlego/engine';
import { type VitConfig } from '../config/vit-config.ts';
import { type BlockContext } from './block.ts';
import { lowRankUpdates, type ForwardAdapter } from './low-rank.ts';

/** A `full` adapter stands in for the backbone's own tensors. */
export const ownWeights = (params: TensorMap, adapter: ForwardAdapter | undefined): TensorMap =>
  adapter?.spec.kind === 'full' ? { ...params, ...adapter.tensors } : params;

/** What each block computes with, first to last. */
export function blockContexts(
  config: VitConfig,
  params: TensorMap,
  adapter: ForwardAdapter | undefined,
): BlockContext[] {
  const weights = ownWeights(params, adapter);
  const updates = lowRankUpdates(adapter);
  return Array.from({ length: config.depth }, (_, block) => ({ config, params: weights, updates, block }));
}
