import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type LowRankUpdate, type RankMode } from '@medlego/linalg';
import { goldenJson, goldenTensors, numbers } from './support.ts';

interface CutFigures {
  readonly exceeds_sigma: number;
  readonly exceeds_energy: number;
  readonly energy_kept: number | null;
  readonly energy_kept_per_task: readonly (number | null)[];
  readonly error: number;
}

interface CaseIndex {
  readonly shape: readonly [number, number];
  readonly ranks: readonly number[];
  readonly weights: readonly number[];
  readonly scales: readonly number[];
  readonly numerical_rank: number;
  readonly cuts: Readonly<Record<string, CutFigures>>;
}

const index = () => goldenJson<Record<string, CaseIndex>>('medlego', 'index.json');
const present = existsSync(join(import.meta.dirname, '../../../../shared/interop/medlego/index.json'));

/** Names of the cases; one dummy where the files are missing, so that the skip is seen. */
export const medLegoCases = (): string[] => (present ? Object.keys(index()) : ['(files missing)']);

export interface MedLegoCut {
  readonly threshold: number;
  readonly mode: RankMode;
  readonly k: number;
  /** k of the default rule, to which the other fields belong. */
  readonly exceedsSigma: number;
  readonly cut: Float64Array;
  readonly energyKept: number | null;
  readonly energyKeptPerTask: readonly (number | null)[];
  readonly error: number;
}

export function medLegoCase(name: string) {
  const { shape, ranks, weights, scales, numerical_rank: numericalRank, cuts } = index()[name]!;
  const tensors = goldenTensors('medlego', `${name}.safetensors`);
  const updates = ranks.map((rank, i): LowRankUpdate => ({
    out: shape[0],
    in: shape[1],
    rank,
    b: numbers(tensors, `task${i}.B`),
    e: numbers(tensors, `task${i}.E`),
    a: numbers(tensors, `task${i}.A`),
    scaling: scales[i]!,
  }));
  const both = Object.entries(cuts).flatMap(([v, figures]): MedLegoCut[] => {
    const common = {
      threshold: Number(v),
      exceedsSigma: figures.exceeds_sigma,
      cut: numbers(tensors, `cut.${v}`),
      energyKept: figures.energy_kept,
      energyKeptPerTask: figures.energy_kept_per_task,
      error: figures.error,
    };
    return [
      { ...common, mode: 'share_of_sigma', k: figures.exceeds_sigma },
      { ...common, mode: 'share_of_energy', k: figures.exceeds_energy },
    ];
  });
  return {
    updates,
    weights,
    numericalRank,
    mean: numbers(tensors, 'mean'),
    singularValues: numbers(tensors, 'singular_values'),
    cuts: both,
  };
}
