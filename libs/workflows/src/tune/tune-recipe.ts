import { InvalidValueError } from '@medlego/errors';
import type { AdapterUpdates } from '@medlego/linalg';
import { findMethod, type MergeMethod, type MergeRecipe } from '@medlego/merging';
import type { NamedTensors } from '@medlego/tensors';
import type { CandidateScorer, TaskScoreTensors } from '../candidates/candidate-scorer.ts';
import { coordinateSearch, type Point } from './coordinate-search.ts';
import {
  createJudge,
  isBetterWorth,
  type References,
  type TaskLabels,
  type TuneMetric,
  type TuneObjective,
  type Worth,
} from './objective.ts';
import { pairedGain, type PairedGain } from './paired-gain.ts';
import { defaultSpace, weightPrefix, type Dimension } from './search-space.ts';

/** A merge as a candidate: updates (and updates per task, of methods that are told the task), or a whole model. */
export type MergedCandidate =
  | { readonly updates: AdapterUpdates; readonly taskUpdates?: Readonly<Record<string, AdapterUpdates>> | undefined }
  | { readonly params: NamedTensors };

export type MemberWeights = Readonly<Record<string, number>>;

export interface TuneBudget {
  /** Candidates to measure at most, the default one included; 60 if absent. */
  readonly candidates?: number;
  /** Start no candidate after this many seconds. How far a search then comes depends on the machine. */
  readonly seconds?: number;
}

export interface TuneRecipeOptions {
  /** Members that are ready to be merged by any recipe: `prepareMerge` gives one, a merge of whole models can be another. */
  readonly prepared: {
    merge(recipe: MergeRecipe, weights?: MemberWeights): MergedCandidate | Promise<MergedCandidate>;
  };
  /** Holds the images that decide; its tasks' names are those of the members. */
  readonly scorer: Pick<CandidateScorer, 'scores' | 'modelScores'>;
  /** Of those images, per task. Only these tasks are asked. */
  readonly labels: Readonly<Record<string, TaskLabels>>;
  readonly method: string;
  readonly space?: string | undefined;
  /** Parameters that differ from the method's defaults: where the search starts. Those that `search` does not name stay. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Where the search starts; 1 for members that are not named. */
  readonly weights?: MemberWeights;
  /** What to vary; `defaultSpace` without the given `params` if absent. */
  readonly search?: readonly Dimension[];
  /** Default `acc`. */
  readonly metric?: TuneMetric;
  /** Default `mean`. */
  readonly objective?: TuneObjective;
  /** For `gain-kept`. */
  readonly references?: References;
  readonly budget?: TuneBudget;
  /** Of the order of coordinates and of the bootstrap; default 0. */
  readonly seed?: number;
  readonly onCandidate?: (candidate: TuneCandidate, best: TuneCandidate, most: number) => void;
  /** Aborted: the search ends with the best so far. */
  readonly signal?: AbortSignal;
}

/** A recipe that was measured. */
export interface TuneCandidate extends Worth {
  /** From 0, which is the start. */
  readonly index: number;
  /** The searched values: parameters by name, weights as `weights.TASK`. */
  readonly point: Point;
}

export interface TunedRecipe {
  readonly recipe: {
    readonly method: string;
    readonly space?: string | undefined;
    readonly params: Readonly<Record<string, unknown>>;
  };
  readonly weights: MemberWeights;
  /** In the order of measuring. */
  readonly candidates: readonly TuneCandidate[];
  /** Candidate 0: the start, the method's defaults if nobody said otherwise. */
  readonly start: TuneCandidate;
  readonly best: TuneCandidate;
  /**
   * Best over start on the images that chose it, mean over tasks of the metric with its paired interval. The choice makes it look better
   * than it is: other images have the word.
   */
  readonly gain: PairedGain;
  readonly search: readonly Dimension[];
  readonly metric: TuneMetric;
  readonly objective: TuneObjective;
  readonly budget: { readonly candidates: number; readonly seconds?: number };
  readonly seed: number;
  readonly endedBy: 'search' | 'candidates' | 'seconds' | 'signal';
}

const defaultCandidates = 60;

/**
 * Searches parameters (and weights) of a merge for what serves all tasks best on the given images: `coordinateSearch` from the start,
 * objective first, loss for ties. A candidate costs one merge of prepared members and the forward passes. Deterministic, unless
 * `seconds` or `signal` ends it.
 *
 * @throws InvalidValueError for no labels, a budget below 1, a start that the method refuses, and as `createJudge`;
 *         UnknownKeyError, UnknownMergeMethodError
 */
export async function tuneRecipe(options: TuneRecipeOptions): Promise<TunedRecipe> {
  const { prepared, scorer, labels, space, params = {}, weights = {}, signal } = options;
  const { metric = 'acc', objective = 'mean', seed = 0, references } = options;
  const budget = parseBudget(options.budget ?? {});
  const method = findMethod(options.method);
  const defaults = method.configure(params).params as unknown as Readonly<Record<string, unknown>>;
  const search = options.search ?? defaultSpace(method, params);
  if (Object.keys(labels).length === 0)
    throw new InvalidValueError({ field: 'labels', expected: 'at least one task', actual: 'none' });
  const judge = createJudge({ labels, metric, objective, references });
  const tasks = Object.keys(labels);

  const recipeOf = (point: Point) => {
    const chosen = Object.entries(point).filter(([name]) => !name.startsWith(weightPrefix));
    return { method: method.id, ...(space && { space }), params: { ...params, ...Object.fromEntries(chosen) } };
  };
  const weightsOf = (point: Point): MemberWeights => ({
    ...weights,
    ...Object.fromEntries(
      Object.entries(point)
        .filter(([name]) => name.startsWith(weightPrefix))
        .map(([name, weight]) => [name.slice(weightPrefix.length), Number(weight)]),
    ),
  });
  const scoresOf = async (point: Point): Promise<TaskScoreTensors> => {
    const merged = await prepared.merge(recipeOf(point), weightsOf(point));
    if ('params' in merged) return scorer.modelScores(merged.params, { tasks });
    return scorer.scores(merged.updates, { tasks, taskUpdates: merged.taskUpdates });
  };

  const began = performance.now();
  const candidates: TuneCandidate[] = [];
  let best: TuneCandidate | undefined;
  let endedBy: TunedRecipe['endedBy'] = 'search';
  const mayGoOn = (measured: number): boolean => {
    if (signal?.aborted) endedBy = 'signal';
    else if (measured >= budget.candidates) endedBy = 'candidates';
    else if (budget.seconds !== undefined && performance.now() - began > budget.seconds * 1000) endedBy = 'seconds';
    return endedBy === 'search';
  };
  const found = await coordinateSearch<TuneCandidate>({
    dimensions: search,
    start: startPoint(search, defaults, weights),
    seed,
    isBetter: isBetterWorth,
    isPossible: (point) => accepts(method, recipeOf(point).params),
    mayGoOn,
    measure: async (point) => {
      const candidate: TuneCandidate = { index: candidates.length, point, ...judge(await scoresOf(point)) };
      candidates.push(candidate);
      if (!best || isBetterWorth(candidate, best)) best = candidate;
      options.onCandidate?.(candidate, best, budget.candidates);
      return candidate;
    },
  });

  const start = candidates[0]!;
  const gain = pairedGain(labels, await scoresOf(found.point), await scoresOf(start.point), { metric, seed });
  return {
    recipe: { ...recipeOf(found.point), params: method.configure(recipeOf(found.point).params).params as never },
    weights: weightsOf(found.point),
    candidates,
    start,
    best: found.result,
    gain,
    search,
    metric,
    objective,
    budget,
    seed,
    endedBy,
  };
}

/** Whether a method takes these parameters together; each alone is in its range already. */
function accepts(method: MergeMethod, params: Readonly<Record<string, unknown>>): boolean {
  try {
    method.configure(params);
    return true;
  } catch (error) {
    if (error instanceof InvalidValueError) return false;
    throw error;
  }
}

/** The start's value of every dimension; a parameter that is absent by default has none. */
function startPoint(
  search: readonly Dimension[],
  defaults: Readonly<Record<string, unknown>>,
  weights: MemberWeights,
): Point {
  return Object.fromEntries(
    search.flatMap(({ name }) => {
      const value = name.startsWith(weightPrefix) ? (weights[name.slice(weightPrefix.length)] ?? 1) : defaults[name];
      return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean'
        ? [[name, value]]
        : [];
    }),
  );
}

function parseBudget({ candidates = defaultCandidates, seconds }: TuneBudget): {
  candidates: number;
  seconds?: number;
} {
  if (!Number.isInteger(candidates) || candidates < 1)
    throw new InvalidValueError({
      field: 'budget',
      expected: 'a whole number of candidates from 1',
      actual: candidates,
    });
  if (seconds !== undefined && !(seconds > 0))
    throw new InvalidValueError({ field: 'budget', expected: 'seconds above 0', actual: seconds });
  return { candidates, ...(seconds !== undefined && { seconds }) };
}
