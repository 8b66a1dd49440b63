import { requireSplit } from '@medlego/data';
import { evaluateScores } from '@medlego/metrics';
import type { MergeReport } from '@medlego/merging';
import { throwIfStopped } from '@medlego/async';
import type { FiguresConfig } from '../config/config-schema.ts';
import type { RowPlan } from '../run/row-plan.ts';
import type { CachedScores, ScoreCache } from '../run/score-cache.ts';
import { headScores, rowInputs, scoreRow } from '../run/score-row.ts';
import { SortMerger } from '../run/sort-merger.ts';
import type { TableBench } from '../run/table-bench.ts';

/** Mean accuracy over tasks at one setting of a parameter, one value per seed. */
export interface SweepPoint {
  readonly at: number;
  /** Mean number of triplets kept per module. */
  readonly rank: number;
  readonly perSeed: readonly number[];
}

/** How merges of two treat each other, by task; means over seeds. */
export interface Interference {
  /** `[task][other]`: accuracy of the task in the merge of both, minus that of its specialist alone. */
  readonly change: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** What the plots of one sort of specialists show. */
export interface SortPlots {
  readonly sort: string;
  readonly ranks: readonly SweepPoint[];
  readonly thresholds: readonly SweepPoint[];
  readonly interference: Interference | null;
  /** Med-LEGO's merge of the first seed: spectra, energy per task, cosines between members. */
  readonly report: Pick<MergeReport, 'modules' | 'totals'>;
}

/** Computes what the plots of one sort show; every scored merge goes through the cache. */
export async function sortPlots(
  bench: TableBench,
  config: FiguresConfig,
  { id, trainedAs }: { readonly id: string; readonly trainedAs: 'paper' | 'mergeable' },
  seeds: readonly number[],
  cache: ScoreCache,
): Promise<SortPlots> {
  const pairs = (bench.tasks.length * (bench.tasks.length - 1)) / 2;
  const total = seeds.length * (config.ranks.length + config.thresholds.length + (config.interference ? pairs : 0));
  let done = 0;
  const step = (note: string) => {
    throwIfStopped(bench.context.signal, 'The run');
    bench.context.onProgress?.({ phase: 'figures', done: done++, total, note });
  };
  const sweep = async (
    name: string,
    values: readonly number[],
    paramsOf: (value: number) => Record<string, unknown>,
  ) => {
    const points: SweepPoint[] = [];
    for (const at of values) {
      const perSeed: number[] = [];
      let rank = 0;
      for (const seed of seeds) {
        step(`${name} ${at}, ${id}, seed ${seed}`);
        const plan = sweepPlan(id, trainedAs, paramsOf(at));
        const { scores } = await cache.get(rowInputs(bench, plan, seed), () => scoreRow(bench, plan, seed, id));
        perSeed.push(meanAccuracy(bench, scores));
        const { modules, rank: sum } = bench
          .merger(id, seed)
          .report({ method: plan.method, params: plan.params }).totals;
        rank += sum / modules / seeds.length;
      }
      points.push({ at, rank, perSeed });
    }
    return points;
  };
  const ranks = await sweep('rank', config.ranks, (maxRank) => ({ threshold: 1, maxRank }));
  const thresholds = await sweep('v', config.thresholds, (threshold) => ({ threshold }));
  const between = config.interference ? await interference(bench, id, seeds, cache, step) : null;
  const { modules, totals } = bench.merger(id, seeds[0]!).report({ method: 'med-lego' });
  bench.context.onProgress?.({ phase: 'figures', done: total, total, note: '' });
  return { sort: id, ranks, thresholds, interference: between, report: { modules, totals } };
}

const sweepPlan = (sort: string, trainedAs: RowPlan['trainedAs'], params: Record<string, unknown>): RowPlan => ({
  id: 'sweep',
  row: 'Med-LEGO',
  method: 'med-lego',
  isMerge: true,
  sort,
  trainedAs,
  params,
  space: undefined,
  tuned: false,
  headsRefitted: false,
  dataFree: true,
});

async function interference(
  bench: TableBench,
  sort: string,
  seeds: readonly number[],
  cache: ScoreCache,
  step: (note: string) => void,
): Promise<Interference> {
  const { tasks, backbone } = bench;
  const change = Object.fromEntries(tasks.map(({ name }) => [name, {} as Record<string, number>]));
  for (const seed of seeds) {
    const specialists = bench.specialists(sort, seed);
    const alone = await cache.get(rowInputs(bench, { ...sweepPlan(sort, null, {}), method: 'specialists' }, seed), () =>
      scoreRow(bench, { ...sweepPlan(sort, null, {}), method: 'specialists' }, seed, sort),
    );
    for (const [i, a] of tasks.entries())
      for (const [offset, b] of tasks.slice(i + 1).entries()) {
        step(`${a.name} with ${b.name}, ${sort}, seed ${seed}`);
        const members = [specialists[i]!, specialists[i + 1 + offset]!];
        const inputs = {
          ...rowInputs(bench, sweepPlan(sort, null, {}), seed),
          members: members.map(({ digest }) => digest),
          pair: [a.name, b.name],
        };
        const { scores } = await cache.get(inputs, async (): Promise<CachedScores> => {
          const merged = new SortMerger(members, backbone).merge({ method: 'med-lego' });
          return {
            scores: {
              [a.name]: await headScores(bench, a, { merged }, members[0]!.head),
              [b.name]: await headScores(bench, b, { merged }, members[1]!.head),
            },
            facts: {},
          };
        });
        for (const [task, other] of [
          [a.name, b.name],
          [b.name, a.name],
        ] as const) {
          const difference = accuracy(bench, scores, task) - accuracy(bench, alone.scores, task);
          change[task]![other] = (change[task]![other] ?? 0) + difference / seeds.length;
        }
      }
  }
  return { change };
}

function accuracy(bench: TableBench, scores: CachedScores['scores'], task: string): number {
  const { dataset } = bench.tasks.find(({ name }) => name === task)!;
  const { labels } = requireSplit(dataset, 'test');
  return evaluateScores({ kind: dataset.task.kind, labels, scores: scores[task]! }, { bootstrap: 0 }).metrics.acc!;
}

const meanAccuracy = (bench: TableBench, scores: CachedScores['scores']): number =>
  bench.tasks.reduce((sum, { name }) => sum + accuracy(bench, scores, name), 0) / bench.tasks.length;
