import { requireSplit } from '@medlego/data';
import { baselineScores, isMultiLabel } from '@medlego/metrics';
import { float32, type HostTensor, type NamedTensors } from '@medlego/tensors';
import { applyHead, toScores } from '@medlego/training';
import { refitHeads } from '@medlego/workflows';
import type { TableTask } from '../data/open-tasks.ts';
import type { RowPlan } from './row-plan.ts';
import type { CachedScores } from './score-cache.ts';
import type { Merged } from './sort-merger.ts';
import { tunedRecipe } from './tuned-recipe.ts';
import type { Subject, TableBench } from './table-bench.ts';

type Scores = HostTensor<'float32'>;

/** Everything that the scores of a row depend on, for the cache. */
export function rowInputs(bench: TableBench, plan: RowPlan, seed: number): Record<string, unknown> {
  const { method, sort, params, space = null, tuned, headsRefitted } = plan;
  return {
    method,
    params,
    space,
    tuned,
    headsRefitted,
    backbone: bench.backbone.digest,
    preprocess: bench.backbone.preprocess,
    data: bench.tasks.map(({ name, dataset }) => [name, dataset.digest]),
    members: sort === null ? [] : bench.merger(sort, seed).digests,
    engine: bench.context.engine.info.engine,
  };
}

/**
 * Scores a row of one seed on the test images of every task. A row that a task has no part in (all zeros of a task that is not
 * multi-label) lacks that task.
 */
export async function scoreRow(
  bench: TableBench,
  plan: RowPlan,
  seed: number,
  probeSort: string,
): Promise<CachedScores> {
  const { sort } = plan;
  const perTask = async (score: (task: TableTask, at: number) => Promise<Scores | null>) => {
    const scores: Record<string, Scores> = {};
    for (const [at, task] of bench.tasks.entries()) {
      const answer = await score(task, at);
      if (answer) scores[task.name] = answer;
    }
    return { scores, facts: {} };
  };
  switch (plan.method) {
    case 'majority':
      return perTask(async (task) => baseline(task));
    case 'all_zeros':
      return perTask(async (task) => (isMultiLabel(task.dataset.task.kind) ? baseline(task) : null));
    case 'probe':
      return perTask((task, at) => headScores(bench, task, 'plain', bench.specialists(probeSort, seed)[at]!.probe));
    case 'unadapted':
      return perTask((task, at) => headScores(bench, task, 'plain', bench.specialists(sort!, seed)[at]!.head));
    case 'specialists':
    case 'joint':
      return perTask((task, at) => {
        const specialist = bench.specialists(sort!, seed)[at]!;
        return headScores(bench, task, { specialist }, specialist.head);
      });
    default:
      return scoreMerge(bench, plan, seed, perTask);
  }
}

async function scoreMerge(
  bench: TableBench,
  plan: RowPlan,
  seed: number,
  perTask: (score: (task: TableTask, at: number) => Promise<Scores>) => Promise<CachedScores>,
): Promise<CachedScores> {
  const merger = bench.merger(plan.sort!, seed);
  const recipe = { method: plan.method, params: plan.params, space: plan.space };
  const chosen = plan.tuned ? await tunedRecipe(bench, merger, recipe) : null;
  const merged = chosen ? merger.merge(chosen.recipe, chosen.weights) : merger.merge(recipe);
  const heads = plan.headsRefitted ? await refittedHeads(bench, merged) : null;
  const { scores } = await perTask((task, at) =>
    headScores(bench, task, { merged }, heads?.[task.name]?.head ?? merger.specialists[at]!.head),
  );
  const facts = {
    params: merged.report.params,
    space: merged.report.space,
    ...(chosen && { tuning: { candidates: chosen.candidates, val: chosen.val } }),
    ...(heads && { refits: Object.fromEntries(Object.entries(heads).map(([task, { l2 }]) => [task, { l2 }])) }),
  };
  return { scores, facts };
}

/** Probabilities [n, labels] of a task's test images. */
export async function headScores(
  bench: TableBench,
  task: TableTask,
  subject: Subject,
  head: NamedTensors,
): Promise<Scores> {
  return toScores(task.dataset.task.kind, applyHead(await bench.features(task.name, 'test', subject), head));
}

/** Heads solved on the merged features of each task's own train and val images. */
const refittedHeads = (bench: TableBench, merged: Merged) =>
  refitHeads({
    tasks: bench.tasks.map(({ name, dataset }) => ({
      name,
      task: dataset.task,
      train: requireSplit(dataset, 'train'),
      val: requireSplit(dataset, 'val'),
    })),
    featuresOf: (task, split) => bench.features(task, split, { merged }),
  });

function baseline({ dataset }: TableTask): Scores {
  const { kind, labels } = dataset.task;
  const test = requireSplit(dataset, 'test');
  const { shape, data } = baselineScores(kind, requireSplit(dataset, 'train').labels, labels.length, test.count);
  return float32([...shape], Float32Array.from(data));
}
