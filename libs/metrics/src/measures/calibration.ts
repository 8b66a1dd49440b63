import { type Cases, isMultiLabel } from '../cases.ts';
import { decide } from '../decisions.ts';
import type { Counts, Statistic } from '../statistic.ts';

/** One bin of a reliability diagram. */
export interface ReliabilityBin {
  /** Confidences in (lower, upper]; the first bin also holds 0. */
  readonly lower: number;
  readonly upper: number;
  /** Decisions in the bin, their mean confidence and their accuracy (null for an empty bin). */
  readonly count: number;
  readonly confidence: number | null;
  readonly accuracy: number | null;
}

export const calibrationBins = 15;

/**
 * Bins every decision by its confidence: the largest score of a case; for binary problems, multi-label ones included,
 * p of the decided side, max(p, 1 - p). A multi-label task gives n x K decisions.
 */
export function reliability(cases: Cases, bins = calibrationBins, counts?: Counts): ReliabilityBin[] {
  return binned(decisionsOf(cases, bins), bins, counts);
}

/**
 * Expected calibration error: over 15 bins of equal width, the mean |accuracy - confidence| weighted by the decisions
 * in the bin.
 *
 * Source: Guo et al. 2017, arXiv 1706.04599, Eq. 3, with the bins of `reliability`.
 */
export function calibrationError(cases: Cases, bins = calibrationBins): Statistic {
  const decisions = decisionsOf(cases, bins);
  return (counts) => {
    const filled = binned(decisions, bins, counts).filter((bin) => bin.count > 0);
    const total = filled.reduce((sum, bin) => sum + bin.count, 0);
    if (total === 0) return null;
    return filled.reduce((sum, bin) => sum + (bin.count / total) * Math.abs(bin.accuracy! - bin.confidence!), 0);
  };
}

interface Decisions {
  readonly perCase: number;
  readonly confidence: Float64Array;
  readonly right: Uint8Array;
  readonly bin: Uint8Array;
}

function decisionsOf(cases: Cases, bins: number): Decisions {
  const { kind, n, width, labels, scores } = cases;
  const decided = decide(cases);
  const confidence = Float64Array.from(decided, (decision, at) => {
    if (!isMultiLabel(kind) && kind !== 'binary-class') return scores[at * width + decision]!;
    const positive = isMultiLabel(kind) ? scores[at]! : scores[(at + 1) * width - 1]!;
    return decision === 1 ? positive : 1 - positive;
  });
  return {
    perCase: labels.length / n,
    confidence,
    right: Uint8Array.from(decided, (decision, at) => Number(decision === labels[at])),
    bin: Uint8Array.from(confidence, (value) => Math.max(0, Math.ceil(value * bins) - 1)),
  };
}

function binned({ perCase, confidence, right, bin }: Decisions, bins: number, counts?: Counts): ReliabilityBin[] {
  const count = new Float64Array(bins);
  const confidenceSum = new Float64Array(bins);
  const rightSum = new Float64Array(bins);
  for (let at = 0; at < confidence.length; at++) {
    const times = counts ? counts[Math.floor(at / perCase)]! : 1;
    const index = bin[at]!;
    count[index]! += times;
    confidenceSum[index]! += times * confidence[at]!;
    rightSum[index]! += times * right[at]!;
  }
  return Array.from(count, (total, index) => ({
    lower: index / bins,
    upper: (index + 1) / bins,
    count: total,
    confidence: total > 0 ? confidenceSum[index]! / total : null,
    accuracy: total > 0 ? rightSum[index]! / total : null,
  }));
}
