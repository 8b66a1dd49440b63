import { frobeniusNorm, multiply, multiplyTransposed, transpose } from '@medlego/linalg';
import { type ModuleMembers } from '../members.ts';
import { type MergedModule } from '../merge-module.ts';
import { type ModuleSpace } from '../spaces/merge-space.ts';
import { type ModuleReport, type PairFigures, type PerMember, type PerTaskFigures } from './merge-report.ts';
import { type ModuleAnalysis } from './pair-figures.ts';

/** Sums that both a module's figures and the totals are ratios of. */
export interface ModuleSums {
  /** ‖M‖² after the cut, and before. */
  readonly kept: number;
  readonly whole: number;
  /** Per member: ‖D‖², ‖Uᵀ D V‖², ⟨M, D⟩. */
  readonly energy: readonly number[];
  readonly keptEnergy: readonly number[];
  readonly inner: readonly number[];
}

/** @param space where `merged` was made; its factors are the members' updates as given */
export function sumModule(merged: MergedModule, space: ModuleSpace, analysis: ModuleAnalysis): ModuleSums {
  const { singularValues: s, k, u, v } = merged;
  const projections = space.factors.map((factor) =>
    factor && k > 0
      ? multiply(multiplyTransposed(u, factor.left), transpose(multiplyTransposed(v, factor.right))) // [k, k]
      : undefined,
  );
  const energy = (values: Float64Array) => frobeniusNorm(values) ** 2;
  return {
    kept: energy(s.subarray(0, k)),
    whole: energy(s),
    energy: analysis.norms.map((norm) => norm ** 2),
    keptEnergy: projections.map((projection) => (projection ? energy(projection.data) : 0)),
    inner: projections.map((projection) => {
      let sum = 0;
      if (projection) for (let i = 0; i < k; i++) sum += s[i]! * projection.data[i * k + i]!;
      return sum;
    }),
  };
}

export const ratio = (numerator: number, denominator: number): number | null =>
  denominator === 0 ? null : numerator / denominator;

export const perMember = <T>(names: readonly string[], value: (index: number) => T): PerMember<T> =>
  Object.fromEntries(names.map((name, index) => [name, value(index)]));

export const perTaskFigures = (names: readonly string[], sums: ModuleSums): PerTaskFigures => ({
  perTask: perMember(names, (i) => ratio(sums.keptEnergy[i]!, sums.energy[i]!)),
  strength: perMember(names, (i) => ratio(sums.inner[i]!, sums.energy[i]!)),
  normRatio: perMember(names, (i) => ratio(Math.sqrt(sums.kept), Math.sqrt(sums.energy[i]!))),
});

/** Names of all pairs in the order that `ModuleAnalysis.pairs` has. */
export const pairNames = (names: readonly string[]): { a: string; b: string; i: number; j: number }[] =>
  names.flatMap((a, i) => names.slice(i + 1).map((b, offset) => ({ a, b, i, j: i + 1 + offset })));

export function moduleReport(
  names: readonly string[],
  { module, out, in: columns, updates }: ModuleMembers,
  merged: MergedModule,
  sums: ModuleSums,
  { norms, pairs }: ModuleAnalysis,
): ModuleReport {
  return {
    module,
    shape: [out, columns],
    ranks: perMember(names, (i) => updates[i]?.rank ?? 0),
    norms: perMember(names, (i) => norms[i]!),
    singularValues: Array.from(merged.singularValues),
    k: merged.k,
    energyKept: ratio(sums.kept, sums.whole),
    error: merged.error,
    ...perTaskFigures(names, sums),
    pairs: pairNames(names).map(({ a, b, i, j }, index): PairFigures => {
      const { inner, left, right } = pairs[index]!;
      return { a, b, update: ratio(inner, norms[i]! * norms[j]!), left, right };
    }),
  };
}
