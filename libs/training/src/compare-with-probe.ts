import { compare, type CasesInput, type PairedDifference } from '@medlego/metrics';

/** Specialist minus probe on the same images. */
export interface ProbeComparison {
  readonly split: 'val' | 'test';
  readonly n: number;
  readonly acc: PairedDifference;
  readonly auc: PairedDifference;
  /**
   * `yes`: accuracy or AUC is better by more than chance (its paired 95 % interval lies above 0) and the other is not worse by more than chance.
   * `no`: neither is better at all, or one is worse by more than chance and the other not better by more than chance. `unclear`: anything between.
   */
  readonly verdict: 'yes' | 'unclear' | 'no';
}

/** Source of the tests: `compare` of metrics (exact McNemar, DeLong or paired bootstrap). */
export function compareWithProbe(
  split: 'val' | 'test',
  specialist: CasesInput,
  probe: CasesInput,
  seed = 0,
): ProbeComparison {
  const { n, differences } = compare(specialist, probe, { seed, metrics: ['acc', 'auc'] });
  const [acc, auc] = [differences.acc!, differences.auc!];
  const above = [acc, auc].some(({ interval }) => interval !== null && interval[0] > 0);
  const below = [acc, auc].some(({ interval }) => interval !== null && interval[1] < 0);
  const gainsNothing = [acc, auc].every(({ difference }) => difference === null || difference <= 0);
  const verdict = above && !below ? 'yes' : (below && !above) || (gainsNothing && !above) ? 'no' : 'unclear';
  return { split, n, acc, auc, verdict };
}

const points = (difference: number | null) =>
  difference === null ? 'not defined' : `${difference < 0 ? '−' : '+'}${Math.abs(100 * difference).toFixed(1)} points`;

/** The comparison in one sentence for people. */
export function describeComparison({ split, n, acc, auc, verdict }: ProbeComparison): string {
  const figures = `accuracy ${points(acc.difference)}, AUC ${points(auc.difference)} on ${n} ${split} images`;
  switch (verdict) {
    case 'yes':
      return `The specialist beats the linear probe on the plain backbone: ${figures}.`;
    case 'unclear':
      return `Whether the specialist beats the linear probe on the plain backbone is within chance: ${figures}.`;
    case 'no':
      return `The specialist does not beat the linear probe on the plain backbone: ${figures}. Its adapter has learned nothing that a merge could keep.`;
  }
}
