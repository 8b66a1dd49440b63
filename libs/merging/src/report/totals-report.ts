import { type ModuleMembers } from '../members.ts';
import { type MergedModule } from '../merge-module.ts';
import { type PairFigures, type TotalsReport } from './merge-report.ts';
import { pairNames, perTaskFigures, ratio, type ModuleSums } from './module-report.ts';
import { type ModuleAnalysis } from './pair-figures.ts';

export interface ReportedModule {
  readonly members: ModuleMembers;
  readonly merged: MergedModule;
  readonly sums: ModuleSums;
  readonly analysis: ModuleAnalysis;
}

const sumOf = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((sum, item) => sum + value(item), 0);

/** Figures of the whole adapter: sums over the modules, then the same ratios. */
export function totalsReport(names: readonly string[], modules: readonly ReportedModule[]): TotalsReport {
  const add = (part: (sums: ModuleSums) => readonly number[]) =>
    names.map((_, i) => sumOf(modules, ({ sums }) => part(sums)[i]!));
  const sums: ModuleSums = {
    kept: sumOf(modules, (module) => module.sums.kept),
    whole: sumOf(modules, (module) => module.sums.whole),
    energy: add(({ energy }) => energy),
    keptEnergy: add(({ keptEnergy }) => keptEnergy),
    inner: add(({ inner }) => inner),
  };
  return {
    modules: modules.length,
    rank: sumOf(modules, ({ merged }) => merged.k),
    parameters: sumOf(modules, ({ merged, members }) => merged.k * (members.out + members.in + 1)),
    norm: Math.sqrt(sums.kept),
    energyKept: ratio(sums.kept, sums.whole),
    error: Math.sqrt(sumOf(modules, ({ merged }) => merged.error ** 2)),
    ...perTaskFigures(names, sums),
    pairs: pairNames(names).map(({ a, b, i, j }, index): PairFigures => {
      const pairs = modules.map(({ analysis }) => analysis.pairs[index]!);
      const norm = (member: number) => Math.sqrt(sums.energy[member]!);
      return {
        a,
        b,
        update: ratio(
          sumOf(pairs, ({ inner }) => inner),
          norm(i) * norm(j),
        ),
        left: mean(pairs.map(({ left }) => left)),
        right: mean(pairs.map(({ right }) => right)),
      };
    }),
  };
}

function mean(values: readonly (number | null)[]): number | null {
  const defined = values.filter((value) => value !== null);
  return ratio(
    sumOf(defined, (value) => value),
    defined.length,
  );
}
