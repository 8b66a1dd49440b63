import type { TaskKind } from '@medlego/tasks';
import type { Objective } from './l-bfgs.ts';

export interface LinearProblem {
  readonly kind: TaskKind;
  /** [n · d] row-major. */
  readonly features: Float64Array;
  /** [n · labels], one-hot rows or 0/1 per label. */
  readonly targets: Float32Array;
  /** [n], summing to 1. */
  readonly weights: Float64Array;
  readonly dim: number;
  readonly labels: number;
  readonly l2: number;
  /** [labels], factor on the loss of positive labels; sigmoid only. */
  readonly positiveWeights?: Float64Array;
}

/**
 * Σᵢ wᵢ ℓ(W xᵢ + b, tᵢ) + l2/2 ‖W‖² and its gradient; x = [W row-major, b]. The bias is not penalised.
 * ℓ is softmax cross-entropy, or for multi-label the sum (not the mean) of the labels' binary cross-entropies, so that every
 * label is its own problem with the same l2.
 */
export function linearObjective(problem: LinearProblem): Objective {
  const { kind, features, targets, weights, dim, labels, l2, positiveWeights } = problem;
  const isSigmoid = kind === 'multi-label, binary-class';
  const z = new Float64Array(labels);
  return (x, gradient) => {
    gradient.fill(0);
    let loss = 0;
    for (let i = 0; i < weights.length; i++) {
      const row = i * dim;
      for (let c = 0; c < labels; c++) {
        let sum = x[labels * dim + c]!;
        const w = c * dim;
        for (let j = 0; j < dim; j++) sum += x[w + j]! * features[row + j]!;
        z[c] = sum;
      }
      loss += weights[i]! * (isSigmoid ? sigmoidResidual(i) : softmaxResidual(i));
      for (let c = 0; c < labels; c++) {
        const residual = z[c]! * weights[i]!;
        const w = c * dim;
        for (let j = 0; j < dim; j++) gradient[w + j]! += residual * features[row + j]!;
        gradient[labels * dim + c]! += residual;
      }
    }
    let norm = 0;
    for (let k = 0; k < labels * dim; k++) {
      norm += x[k]! * x[k]!;
      gradient[k]! += l2 * x[k]!;
    }
    return loss + (l2 / 2) * norm;
  };

  /** Loss of row i; replaces the logits z by ∂ℓ/∂z. */
  function softmaxResidual(i: number): number {
    let max = -Infinity;
    for (let c = 0; c < labels; c++) max = Math.max(max, z[c]!);
    let sum = 0;
    for (let c = 0; c < labels; c++) sum += Math.exp(z[c]! - max);
    const logSum = max + Math.log(sum);
    let loss = 0;
    for (let c = 0; c < labels; c++) {
      const target = targets[i * labels + c]!;
      loss += target * (logSum - z[c]!);
      z[c] = Math.exp(z[c]! - logSum) - target;
    }
    return loss;
  }

  function sigmoidResidual(i: number): number {
    let loss = 0;
    for (let c = 0; c < labels; c++) {
      const target = targets[i * labels + c]!;
      const factor = positiveWeights ? 1 + target * (positiveWeights[c]! - 1) : 1;
      const logit = z[c]!;
      loss += factor * (Math.max(logit, 0) - logit * target + Math.log1p(Math.exp(-Math.abs(logit))));
      z[c] = factor * (1 / (1 + Math.exp(-logit)) - target);
    }
    return loss;
  }
}
