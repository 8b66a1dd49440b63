import { InvalidValueError, nearestName, UnknownKeyError } from '@medlego/errors';
import { assertRankRule, rankModes, type RankMode } from '@medlego/linalg';
import { z } from 'zod';
import { describeField, paramFields } from './param-fields.ts';

/** Parameters that the framework itself reads; every method has at least the first two. */
export interface CommonParams {
  /** λ: the merged update is multiplied by it, after the method and before the cut. */
  readonly lambda: number;
  /** `norm`: every member's whole update is first scaled to the mean of the members' Frobenius norms. */
  readonly balance: 'none' | 'norm';
  /** v: the rank cut, see `chooseRank`; absent = keep everything. */
  readonly threshold?: number | undefined;
  readonly mode?: RankMode | undefined;
  readonly maxRank?: number | undefined;
}

/** For every method. */
export const scaleParams = {
  lambda: z.number().default(1).describe('Factor on the merged update'),
  balance: z
    .enum(['none', 'norm'])
    .default('none')
    .describe("norm: scale every member's update to the mean norm of all members first"),
};

/** For methods that end with a rank cut. */
export const cutParams = (threshold: number) => ({
  threshold: z
    .number()
    .default(threshold)
    .describe('Keep the smallest rank whose cumulative singular values exceed this'),
  mode: z
    .enum(rankModes)
    .default('share_of_sigma')
    .describe('What the threshold means: a share of the sum of singular values, of their squares, or the sum itself'),
  maxRank: z.number().optional().describe('Largest rank of a merged module; no limit by default'),
});

/** For methods that form a mean. */
export const meanParams = {
  normalize: z
    .enum(['members', 'weights', 'none'])
    .default('members')
    .describe('Divide the weighted sum by the number of members, by the sum of weights, or not at all'),
};

/** Weights divided as `normalize` says. @throws InvalidValueError if the sum of weights is not positive and has to be */
export function meanWeights(weights: readonly number[], normalize: 'members' | 'weights' | 'none'): readonly number[] {
  switch (normalize) {
    case 'none':
      return weights;
    case 'members':
      return weights.map((weight) => weight / weights.length);
    case 'weights': {
      const sum = weights.reduce((total, weight) => total + weight, 0);
      if (!(sum > 0))
        throw new InvalidValueError(
          { field: 'weights', expected: 'a positive sum when normalize is "weights"', actual: sum },
          { hint: 'Negative weights go with normalize "members" or "none".' },
        );
      return weights.map((weight) => weight / sum);
    }
  }
}

/**
 * Checks parameters and fills in defaults.
 * @throws UnknownKeyError for a parameter that the method has not, InvalidValueError naming the first wrong one and its range
 */
export function parseParams<P extends CommonParams>(schema: z.ZodType<P>, input: unknown): P {
  const result = schema.safeParse(input ?? {});
  if (!result.success) throw paramError(schema, result.error.issues[0]!, input);
  const { threshold, mode, maxRank } = result.data;
  if (threshold !== undefined) assertRankRule({ threshold, mode, maxRank });
  return result.data;
}

function paramError(schema: z.ZodType, issue: z.core.$ZodIssue, input: unknown): Error {
  const fields = paramFields(schema);
  if (issue.code === 'unrecognized_keys' && issue.path.length === 0) {
    const [key] = issue.keys as [string];
    const known = Object.keys(fields);
    return new UnknownKeyError({ where: 'params', key, known, nearest: nearestName(key, known) });
  }
  const actual = issue.path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)?.[key], input);
  const field = issue.path.length === 1 ? fields[String(issue.path[0])] : undefined;
  return new InvalidValueError({
    field: ['params', ...issue.path].join('.'),
    expected: (issue.code !== 'custom' && field && describeField(field)) || issue.message,
    actual: typeof actual === 'object' ? JSON.stringify(actual) : actual,
  });
}
