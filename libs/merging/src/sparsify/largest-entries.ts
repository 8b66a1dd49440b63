import { type Matrix } from '@medlego/linalg';
import { z } from 'zod';
import { type ModuleDeltas } from '../merge-method.ts';
import { MagnitudeSelector, selectMagnitude } from './magnitude-selector.ts';
import { type Sparsifier } from './sparsifier.ts';

/** How entries are counted and signs elected where the paper, its authors' code and PEFT differ. */
export const tiesConventions = ['paper', 'authors_code', 'peft'] as const;
export type TiesConvention = (typeof tiesConventions)[number];

export const share = (description: string, fallback: number) =>
  z.number().min(0).max(1).default(fallback).describe(description);

export const largestParams = (density: number) => ({
  density: share('Share of entries kept, the largest by magnitude', density),
  thresholdScope: z
    .enum(['global', 'module'])
    .default('global')
    .describe('Where the largest are sought: in all modules of a member together (as published) or in each alone'),
});

export interface LargestParams {
  readonly density: number;
  readonly thresholdScope: 'global' | 'module';
  readonly convention?: TiesConvention | undefined;
}

/**
 * Keeps int(density · n) entries of largest magnitude per member. Entries as large as the smallest one kept are kept too, so
 * the result does not depend on their order. The authors' code of TIES keeps one entry more.
 * With scope `global`, n counts the modules that the member touches, and the threshold is found exactly, by streaming.
 */
export const largestEntries: Sparsifier<LargestParams, readonly number[] | undefined> = {
  survey: (modules, params) => (params.thresholdScope === 'global' ? globalThresholds(modules, params) : undefined),
  apply(delta, params, { member, survey }) {
    if (params.density >= 1) return delta;
    return keepFrom(delta, survey ? survey[member]! : selectMagnitude(delta.data, wanted(params)));
  },
};

/** Entries of at least this magnitude. */
export function keepFrom(delta: Matrix, threshold: number): Matrix {
  const { data } = delta;
  const kept = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) if (Math.abs(data[i]!) >= threshold) kept[i] = data[i]!;
  return { ...delta, data: kept };
}

const wanted =
  ({ density, convention }: LargestParams) =>
  (count: number) =>
    Math.floor(density * count) + (convention === 'authors_code' ? 1 : 0);

function globalThresholds(modules: Iterable<ModuleDeltas>, params: LargestParams): readonly number[] | undefined {
  if (params.density >= 1) return undefined;
  let selectors: readonly MagnitudeSelector[] | undefined;
  for (;;) {
    for (const { deltas, ranks } of modules) {
      selectors ??= deltas.map(() => new MagnitudeSelector(wanted(params)));
      deltas.forEach(({ data }, member) => {
        if (ranks[member]! > 0) selectors![member]!.add(data);
      });
    }
    const thresholds = (selectors ?? []).map((selector) => selector.endPass());
    if (thresholds.every((threshold) => threshold !== undefined)) return thresholds;
  }
}
