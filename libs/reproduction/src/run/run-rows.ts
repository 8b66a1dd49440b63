import { throwIfStopped } from '@medlego/async';
import type { HostTensor } from '@medlego/tensors';
import { unlessFailed, type FailedRow } from './failed-row.ts';
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

export interface RowsRun {
  readonly rows: readonly ScoredRow[];
  /** Rows that threw; they stand in none of `rows`. */
  readonly failed: readonly FailedRow[];
}

/** Scores all rows of all seeds, the known ones from the cache. A row that throws is named and left out. */
export async function runRows(
  bench: TableBench,
  plans: readonly RowPlan[],
  seeds: readonly number[],
  cache: ScoreCache,
): Promise<RowsRun> {
  const { signal, onProgress, onNote } = bench.context;
  const probeSort = plans.find(({ method }) => method === 'specialists')?.sort;
  const total = plans.length * seeds.length;
  let done = 0;
  const rows = new Map(
    plans.map((plan) => [plan.id, [] as { scores: ScoredRow['scores'][number]; facts: ScoredRow['facts'][number] }[]]),
  );
  const failed = new Map<string, FailedRow>();
  for (const seed of seeds)
    for (const plan of plans) {
      throwIfStopped(signal, 'The run');
      onProgress?.({ phase: 'rows', done: done++, total, note: `${plan.row}, seed ${seed}` });
      if (failed.has(plan.id)) continue;
      const known = plan.sort === null ? rows.get(plan.id)![0] : undefined;
      const scored =
        known ??
        (await unlessFailed(
          signal,
          () => cache.get(inputsOf(bench, plan, seed, probeSort), () => scoreRow(bench, plan, seed, probeSort ?? '')),
          (error) => {
            failed.set(plan.id, { id: plan.id, row: plan.row, sort: plan.sort, seed, error });
            onNote?.(`Row ${plan.id} is left out: ${error}`);
          },
        ));
      if (scored) rows.get(plan.id)!.push(scored);
    }
  onProgress?.({ phase: 'rows', done, total, note: '' });
  return {
    failed: [...failed.values()],
    rows: plans
      .filter(({ id }) => !failed.has(id))
      .map((plan) => {
        const perSeed = rows.get(plan.id)!;
        return { ...plan, scores: perSeed.map(({ scores }) => scores), facts: perSeed.map(({ facts }) => facts) };
      }),
  };
}

/** The probe row belongs to no sort but reads its heads from one. */
const inputsOf = (bench: TableBench, plan: RowPlan, seed: number, probeSort: string | null | undefined) =>
  rowInputs(bench, plan.method === 'probe' && probeSort ? { ...plan, sort: probeSort } : plan, seed);
