import type { BinaryView } from '../one-versus-rest.ts';
import type { Statistic } from '../statistic.ts';
import { sortByScore } from '../sorted-scores.ts';

/**
 * Average precision: the sum over thresholds, from the highest score down, of (recall gained) x precision; no
 * interpolation, equal scores are one threshold. Null without a positive case.
 *
 * Equals scikit-learn's `average_precision_score`.
 */
export function averagePrecision(view: BinaryView): Statistic {
  const { order, positive, tiedWithNext } = sortByScore(view);
  return (counts) => {
    let sum = 0;
    let positives = 0;
    let seen = 0;
    let positivesHere = 0;
    for (let at = order.length - 1; at >= 0; at--) {
      const count = counts ? counts[order[at]!]! : 1;
      seen += count;
      if (positive[at]) positivesHere += count;
      if (at > 0 && tiedWithNext[at - 1]) continue;
      positives += positivesHere;
      if (positivesHere > 0) sum += (positivesHere * positives) / seen;
      positivesHere = 0;
    }
    return positives === 0 ? null : sum / positives;
  };
}
