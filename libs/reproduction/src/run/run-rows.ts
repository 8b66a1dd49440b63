import { throwIfStopped } from '@medlego/async';
import type { HostTensor } from '@medlego/tensors';
import type { RowPlan } from './row-plan.ts';
import type { ScoreCache } from './score-cache.ts';
import { rowInputs, scoreRow } from './score-row.ts';
import type { TableBench } from './table-bench.ts';

/** A row with its scores of every seed; rows without specialists have the same in all. */
export interface ScoredRow extends RowPlan {
  /** Per seed, in the order of the seeds: [n, labels] per task. */
  readonly scores: readonly Readonly<Record<string, HostTensor<'float32'>>>[];
  /** Per seed: parameters with their defaults, or as chosen. */
  readonly facts: readonly Readonly<Record<string, unknown>>[];
}

/** Scores all rows of all seeds, the known ones from the cache. */
export async function runRows(
  bench: TableBench,
  plans: readonly RowPlan[],
  seeds: readonly number[],
  cache: ScoreCache,
): Promise<ScoredRow[]> {
  const { signal, onProgress } = bench.context;
  const probeSort = plans.find(({ method }) => method === 'specialists')?.sort;
  const total = plans.length * seeds.length;
  let done = 0;
  const rows = new Map(
    plans.map((plan) => [plan.id, [] as { scores: ScoredRow['scores'][number]; facts: ScoredRow['facts'][number] }[]]),
  );
  for (const seed of seeds)
    for (const plan of plans) {
      throwIfStopped(signal, 'The run');
      onProgress?.({ phase: 'rows', done, total, note: `${plan.row}, seed ${seed}` });
      const known = plan.sort === null ? rows.get(plan.id)![0] : undefined;
      rows
        .get(plan.id)!
        .push(
          known ??
            (await cache.get(inputsOf(bench, plan, seed, probeSort), () =>
              scoreRow(bench, plan, seed, probeSort ?? ''),
            )),
        );
      done++;
    }
  onProgress?.({ phase: 'rows', done, total, note: '' });
  return plans.map((plan) => {
    const perSeed = rows.get(plan.id)!;
    return { ...plan, scores: perSeed.map(({ scores }) => scores), facts: perSeed.map(({ facts }) => facts) };
  });
}

/** The probe row belongs to no sort but reads its heads from one. */
const inputsOf = (bench: TableBench, plan: RowPlan, seed: number, probeSort: string | null | undefined) =>
  rowInputs(bench, plan.method === 'probe' && probeSort ? { ...plan, sort: probeSort } : plan, seed);
