import { requireSplit } from '@medlego/data';
import type { MergeRecipe } from '@medlego/merging';
import { tuneRecipe, type CandidateScorer } from '@medlego/workflows';
import type { SortMerger } from './sort-merger.ts';
import type { TableBench } from './table-bench.ts';

/** A recipe chosen on validation images. */
export interface ChosenRecipe {
  readonly recipe: MergeRecipe;
  readonly weights: Readonly<Record<string, number>>;
  /** Recipes that were measured, and the objective of the best. */
  readonly candidates: number;
  readonly val: number;
}

/** Recipes that one tuned row may measure. */
const budget = 24;

/** Searches the parameters of a recipe for the best mean accuracy on the tasks' validation images; the test images are not looked at. */
export async function tunedRecipe(bench: TableBench, merger: SortMerger, recipe: MergeRecipe): Promise<ChosenRecipe> {
  const scorer = withHeads(bench, merger);
  const tuned = await tuneRecipe({
    prepared: merger,
    scorer,
    labels: Object.fromEntries(
      bench.tasks.map(({ name, dataset }) => [
        name,
        { task: dataset.task, labels: requireSplit(dataset, 'val').labels },
      ]),
    ),
    method: recipe.method,
    space: recipe.space,
    params: recipe.params as Record<string, unknown>,
    budget: { candidates: budget },
    ...(bench.context.signal && { signal: bench.context.signal }),
  });
  bench.context.signal?.throwIfAborted();
  return {
    recipe: tuned.recipe,
    weights: tuned.weights,
    candidates: tuned.candidates.length,
    val: tuned.best.objective,
  };
}

/** The bench's scorer has no heads of its own: they belong to a sort and a seed. */
function withHeads(bench: TableBench, merger: SortMerger): Pick<CandidateScorer, 'scores' | 'modelScores'> {
  const scorer = bench.scorer('val');
  const heads = Object.fromEntries(merger.specialists.map(({ task, head }) => [task, head]));
  return {
    scores: (updates, options) => scorer.scores(updates, { ...options, heads }),
    modelScores: (params, options) => scorer.modelScores(params, { ...options, heads }),
  };
}
