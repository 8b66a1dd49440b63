import { matrix } from '@medlego/linalg';
import { z } from 'zod';
import { tiesConventions, type TiesConvention } from '../sparsify/largest-entries.ts';
import { type Consensus } from './consensus.ts';

export const electParams = {
  majoritySign: z
    .enum(['total', 'frequency'])
    .default('total')
    .describe('Sign per entry: that of the sum of entries, or of the sum of their signs'),
  mergeFunction: z
    .enum(['mean', 'sum'])
    .default('mean')
    .describe('What becomes of the entries that agree with the sign'),
  convention: z
    .enum(tiesConventions)
    .default('paper')
    .describe(
      'paper: weights count in the election and in the mean, an undecided sign follows the majority; authors_code: the same, one entry more per member; ' +
        'peft: the election ignores weights, an undecided sign is plus, the weighted sum is divided by the number that agree',
    ),
};

export interface ElectParams {
  readonly majoritySign: 'total' | 'frequency';
  readonly mergeFunction: 'mean' | 'sum';
  readonly convention: TiesConvention;
}

/**
 * Elects a sign per entry and merges the non-zero entries that agree with it.
 *
 * A negative weight turns its member around: entry wᵢ Dᵢ takes part in the election, and the mean is Σ wᵢ Dᵢ / Σ |wᵢ| over
 * those that agree, so that weights of 1 are the published method and removal works. Where the election is undecided the
 * sign of the majority of elected signs decides (`signExcess`); if that too is undecided, nothing agrees and the entry is 0.
 * PEFT's convention differs as `electParams` says.
 * Source: TIES, arXiv 2306.01708, sections 3.2 and 3.3.
 */
export const electSign: Consensus<ElectParams> = {
  apply(deltas, weights, params, signExcess) {
    const { rows, cols } = deltas[0]!;
    const result = matrix(rows, cols);
    const peft = params.convention === 'peft';
    const mean = params.mergeFunction === 'mean';
    const columns = deltas.map(({ data }) => data);
    const ballots = ballotsOf(weights, peft);
    const elect = election(params);
    for (let i = 0; i < result.data.length; i++) {
      let sign = elect(columns, ballots, i);
      if (sign === 0) {
        if (!columns.some((data, member) => data[i] !== 0 && weights[member] !== 0)) continue;
        sign = peft ? 1 : Math.sign(signExcess());
      }
      let total = 0;
      let share = 0;
      for (let member = 0; member < columns.length; member++) {
        const entry = columns[member]![i]!;
        if (entry === 0 || entry * ballots[member]! * sign <= 0) continue;
        total += weights[member]! * entry;
        share += peft ? 1 : Math.abs(weights[member]!);
      }
      if (share !== 0) result.data[i] = mean ? total / share : total;
    }
    return result;
  },
  signExcess(deltas, weights, params) {
    const columns = deltas.map(({ data }) => data);
    const ballots = ballotsOf(weights, params.convention === 'peft');
    const elect = election(params);
    let excess = 0;
    for (let i = 0; i < columns[0]!.length; i++) excess += elect(columns, ballots, i);
    return excess;
  },
};

const ballotsOf = (weights: readonly number[], equal: boolean): readonly number[] =>
  equal ? weights.map(() => 1) : weights;

type Election = (columns: readonly Float64Array[], ballots: readonly number[], index: number) => number;

/** A sum below this share of what went into it is what rounding left of entries that cancel: in a core even equal members differ by it. */
const residue = 1e-12;

const election = ({ majoritySign }: ElectParams): Election =>
  majoritySign === 'total'
    ? (columns, ballots, index) => {
        let sum = 0;
        let size = 0;
        for (let member = 0; member < columns.length; member++) {
          const entry = ballots[member]! * columns[member]![index]!;
          sum += entry;
          size += Math.abs(entry);
        }
        return Math.abs(sum) <= residue * size ? 0 : Math.sign(sum);
      }
    : (columns, ballots, index) => {
        let sum = 0;
        for (let member = 0; member < columns.length; member++)
          sum += ballots[member]! * Math.sign(columns[member]![index]!);
        return Math.sign(sum);
      };
