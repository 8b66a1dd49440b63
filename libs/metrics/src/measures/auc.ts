import type { BinaryView } from '../one-versus-rest.ts';
import type { Statistic } from '../statistic.ts';
import { sortByScore } from '../sorted-scores.ts';

/**
 * Area under the ROC curve: the share of (positive, negative) pairs in which the positive has the higher score, equal
 * scores counting one half. Null without both kinds of case.
 *
 * Source: Hanley and McNeil 1982; equals scikit-learn's `roc_auc_score`, ties included. One sort, then O(n) a sample.
 */
export function auc(view: BinaryView): Statistic {
  const { order, positive, tiedWithNext } = sortByScore(view);
  return (counts) => {
    let pairs = 0;
    let positives = 0;
    let negativesBelow = 0;
    let positivesHere = 0;
    let negativesHere = 0;
    for (let at = 0; at < order.length; at++) {
      const count = counts ? counts[order[at]!]! : 1;
      if (positive[at]) positivesHere += count;
      else negativesHere += count;
      if (tiedWithNext[at]) continue;
      pairs += positivesHere * (negativesBelow + negativesHere / 2);
      positives += positivesHere;
      negativesBelow += negativesHere;
      positivesHere = negativesHere = 0;
    }
    return positives === 0 || negativesBelow === 0 ? null : pairs / (positives * negativesBelow);
  };
}
