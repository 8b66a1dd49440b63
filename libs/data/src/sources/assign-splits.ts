import { InvalidValueError } from '@medlego/errors';
import { type SplitName } from '../dataset.ts';
import { randomStream, streams } from '../random/random-stream.ts';
import { shuffle } from '../random/shuffle.ts';
import { type SplitFractions } from './options.ts';

export interface SplitItem {
  /** Class (or combination of labels) whose shares are kept. */
  readonly stratum: string;
  /** Items of one group stay together: a patient, or files with the same bytes. */
  readonly group: string;
}

/**
 * Gives every item a split, class by class in the given shares, groups kept whole. The same items (in any order within a
 * class), shares and seed give the same answer. A group that spans classes counts for the class of its first item.
 *
 * @throws InvalidValueError if the shares do not sum to 1
 */
export function assignSplits(items: readonly SplitItem[], fractions: SplitFractions, seed: number): SplitName[] {
  const { train, val, test } = fractions;
  if ([train, val, test].some((share) => !(share >= 0)) || Math.abs(train + val + test - 1) > 1e-9)
    throw new InvalidValueError({
      field: 'splitFractions',
      expected: 'three shares that sum to 1',
      actual: [train, val, test].join(', '),
    });
  const groups = Map.groupBy(
    items.map((item, index) => ({ ...item, index })),
    ({ group }) => group,
  );
  const strata = Map.groupBy([...groups.values()], ([first]) => first!.stratum);
  const result = new Array<SplitName>(items.length).fill('train');
  [...strata.keys()].sort().forEach((stratum, number) => {
    const members = strata.get(stratum)!.sort((a, b) => (a[0]!.group < b[0]!.group ? -1 : 1));
    const total = members.reduce((sum, group) => sum + group.length, 0);
    // At least one image of each class in every split that is wanted, as long as there are three groups to go round.
    const quota = (share: number) => (share === 0 ? 0 : Math.max(members.length >= 3 ? 1 : 0, Math.round(total * share)));
    let left = { test: quota(test), val: quota(val) };
    for (const group of shuffle(members, randomStream(seed, streams.split, 0, number))) {
      const split: SplitName = left.test > 0 ? 'test' : left.val > 0 ? 'val' : 'train';
      if (split !== 'train') left = { ...left, [split]: left[split] - group.length };
      for (const { index } of group) result[index] = split;
    }
  });
  return result;
}
