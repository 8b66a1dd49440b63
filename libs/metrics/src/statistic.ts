/**
 * A number computed from cases, prepared once (sorted, decided) and then asked many times. `counts[i]` says how often
 * case i is in the sample; without `counts` every case is there once. That is all a bootstrap needs, so a resample
 * costs one pass and no copying. Null where the number is not defined on that sample.
 */
export type Statistic = (counts?: Counts) => number | null;

/** Multiplicity of every case in a sample, [n]. */
export type Counts = Uint16Array;

/** Mean of one value per case. */
export function meanStatistic(values: Float64Array): Statistic {
  return (counts) => {
    let sum = 0;
    let total = 0;
    for (let row = 0; row < values.length; row++) {
      const count = counts ? counts[row]! : 1;
      sum += count * values[row]!;
      total += count;
    }
    return total === 0 ? null : sum / total;
  };
}

/** Mean of several statistics; null as soon as one is, unless `skipUndefined`: then the mean of the defined ones. */
export function averageOf(statistics: readonly Statistic[], { skipUndefined = false } = {}): Statistic {
  return (counts) => {
    let sum = 0;
    let defined = 0;
    for (const statistic of statistics) {
      const value = statistic(counts);
      if (value !== null) {
        sum += value;
        defined++;
      } else if (!skipUndefined) return null;
    }
    return defined === 0 ? null : sum / defined;
  };
}
