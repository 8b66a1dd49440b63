import { InvalidValueError } from '@medlego/errors';
import { assertFinite, assertShape, float32, type HostTensor, type NamedTensors } from '@medlego/tensors';
import { applyHead, headBiasName, headWeightName, meanLoss } from '../head.ts';
import {
  classFactors,
  isMultiLabel,
  rowWeights,
  targetsOf,
  type ClassWeights,
  type LabelRows,
  type TaskShape,
} from '../targets.ts';
import { createPreconditioner, secondMoments } from './curvature.ts';
import { minimize } from './l-bfgs.ts';
import { linearObjective } from './linear-objective.ts';
import { foldScale, measureScale, standardize } from './standardize.ts';

/** Features of some images, [count, dim] float32, and their labels. */
export interface LabelledFeatures extends LabelRows {
  readonly features: HostTensor<'float32'>;
}

export interface ProbeOptions {
  readonly task: TaskShape;
  readonly train: LabelledFeatures;
  /** Chooses l2 by its mean loss; without it the first entry of the grid is used. */
  readonly val?: LabelledFeatures;
  /** Candidate weights of ½‖W‖² beside a mean loss, on standardised features. */
  readonly l2Grid?: readonly number[];
  readonly classWeights?: ClassWeights;
  readonly maxIterations?: number;
}

export interface ProbeCandidate {
  readonly l2: number;
  readonly trainLoss: number;
  /** Mean loss on validation, unweighted; null without validation. */
  readonly valLoss: number | null;
  readonly iterations: number;
  readonly converged: boolean;
}

export interface Probe {
  /** `head.weight [labels, dim]` and `head.bias [labels]` on raw features: the scale is folded in. */
  readonly head: NamedTensors;
  readonly l2: number;
  /** From the largest l2 to the smallest. */
  readonly candidates: readonly ProbeCandidate[];
}

export const defaultL2Grid: readonly number[] = [1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 3e-4, 1e-4, 3e-5];

/**
 * The linear probe, solved instead of trained: logistic regression on features standardised per dimension, L-BFGS in float64 from zero,
 * softmax or (multi-label) sigmoid loss, l2 chosen on validation. Deterministic. The candidates run from the largest l2 down,
 * each from the one before; a tie goes to the larger l2.
 *
 * @throws InvalidValueError for an empty grid or train set, ShapeMismatchError, NonFiniteError naming the features
 */
export function solveProbe(options: ProbeOptions): Probe {
  const { task, train, val, l2Grid = defaultL2Grid, classWeights = 'none', maxIterations = 200 } = options;
  const grid = [...(val ? l2Grid : l2Grid.slice(0, 1))].sort((a, b) => b - a);
  if (grid.length === 0 || !grid.every((l2) => Number.isFinite(l2) && l2 >= 0))
    throw new InvalidValueError({
      field: 'l2Grid',
      expected: 'one or more numbers of at least 0',
      actual: `[${l2Grid}]`,
    });
  const dim = train.features.shape[1] ?? 0;
  assertFeatures('train features', train, dim);
  if (val) assertFeatures('val features', val, dim);
  if (train.count === 0)
    throw new InvalidValueError({ field: 'train features', expected: 'at least one row', actual: 0 });

  const labels = task.labels.length;
  const scale = measureScale(train.features);
  const factors = classFactors(task, train, classWeights);
  const problem = {
    kind: task.kind,
    features: standardize(train.features, scale),
    targets: targetsOf(task, train).data,
    weights: rowWeights(task, train, factors),
    dim,
    labels,
    ...(factors && isMultiLabel(task) ? { positiveWeights: factors } : {}),
  };
  const moments = secondMoments(problem);
  const valTargets = val && targetsOf(task, val);

  let x = new Float64Array(labels * (dim + 1));
  let best: { readonly score: number; readonly head: NamedTensors; readonly l2: number } | null = null;
  const candidates: ProbeCandidate[] = [];
  for (const l2 of grid) {
    const solved = minimize(linearObjective({ ...problem, l2 }), x, {
      maxIterations,
      // The loss is then within about 1e-4 of its minimum: far below what validation can tell apart, at half the iterations of 1e-5.
      gradientTolerance: 1e-4,
      precondition: createPreconditioner(moments, { ...problem, l2 }),
    });
    x = Float64Array.from(solved.x);
    const folded = foldScale(x.slice(0, labels * dim), x.slice(labels * dim), scale);
    const head = {
      [headWeightName]: float32([labels, dim], folded.weight),
      [headBiasName]: float32([labels], folded.bias),
    };
    const valLoss = val && valTargets ? meanLoss(task.kind, applyHead(val.features, head), valTargets) : null;
    candidates.push({
      l2,
      trainLoss: solved.value,
      valLoss,
      iterations: solved.iterations,
      converged: solved.converged,
    });
    const score = valLoss ?? solved.value;
    if (!best || score < best.score) best = { score, head, l2 };
    // Past its minimum the validation loss only rises, and a smaller l2 takes the longest to solve.
    else if (valLoss !== null && valLoss > best.score * 1.005) break;
  }
  return { head: best!.head, l2: best!.l2, candidates };
}

function assertFeatures(param: string, { features, count }: LabelledFeatures, dim: number): void {
  assertShape(param, [count, dim], features.shape);
  assertFinite(param, features);
}
