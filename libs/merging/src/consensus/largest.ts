import { matrix } from '@medlego/linalg';
import { type Consensus } from './consensus.ts';

/** Per entry the wᵢ Dᵢ of largest magnitude; of equal ones the last member's, in the order of names. Source: MagMax, arXiv 2407.06322, Eq. 2. */
export const largest: Consensus<unknown> = {
  apply(deltas, weights) {
    const { rows, cols } = deltas[0]!;
    const result = matrix(rows, cols);
    deltas.forEach(({ data }, member) => {
      const weight = weights[member]!;
      if (weight === 0) return;
      for (let i = 0; i < data.length; i++) {
        const entry = weight * data[i]!;
        if (Math.abs(entry) >= Math.abs(result.data[i]!)) result.data[i] = entry;
      }
    });
    return result;
  },
};
