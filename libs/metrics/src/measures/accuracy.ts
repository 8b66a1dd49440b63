import { type Cases, isMultiLabel } from '../cases.ts';
import { decide } from '../decisions.ts';

/**
 * Share of right decisions of every case: 0 or 1, and for multi-label tasks the share of its labels that are right.
 * Its mean is MedMNIST's ACC (`acc`; `acc_label_mean` for multi-label).
 *
 * @returns [n] in [0, 1]
 */
export function correctness(cases: Cases): Float64Array {
  const { n, labels } = cases;
  const decisions = decide(cases);
  const perCase = labels.length / n;
  const right = new Float64Array(n);
  for (let at = 0; at < labels.length; at++) if (decisions[at] === labels[at]) right[Math.floor(at / perCase)]! += 1;
  return right.map((count) => count / perCase);
}

/**
 * One where all labels of a case are right, else zero. Its mean is scikit-learn's accuracy on multi-label input
 * (`acc_subset`), which an all-zeros predictor wins wherever most cases have no finding.
 *
 * @returns [n]; for other kinds the same as `correctness`
 */
export function subsetCorrectness(cases: Cases): Float64Array {
  const right = correctness(cases);
  return isMultiLabel(cases.kind) ? right.map((share) => Number(share === 1)) : right;
}
