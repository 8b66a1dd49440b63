import { UnpairedCasesError } from '@medlego/errors';
import { type Cases, type CasesInput, isMultiLabel, parseCases } from './cases.ts';
import { defaultLevel, type Interval } from './intervals/interval.ts';
import { subsetCorrectness } from './measures/accuracy.ts';
import { type MetricName, metricStatistics } from './metrics.ts';
import { missingClasses, oneVersusRest } from './one-versus-rest.ts';
import { delongTest } from './paired-tests/delong.ts';
import { mcnemarTest } from './paired-tests/mcnemar.ts';
import { pairedBootstrap } from './paired-tests/paired-bootstrap.ts';

export interface CompareOptions {
  /** Seed of the bootstrap; default 0. */
  readonly seed?: number;
  /** Resamples; default 1000. */
  readonly bootstrap?: number;
  /** Level of all intervals; default 0.95. */
  readonly level?: number;
  /** Which metrics; default `acc` and `auc`. */
  readonly metrics?: readonly MetricName[];
}

/** How a minus b was judged on the same cases. */
export interface PairedDifference {
  /** a - b; null where either is undefined. */
  readonly difference: number | null;
  readonly interval: Interval | null;
  /** Two-sided, not adjusted for several tests (see `holmAdjust`). */
  readonly p: number | null;
  /** Where p comes from; the interval is DeLong's for `delong` and the paired bootstrap's otherwise. */
  readonly test: 'mcnemar' | 'delong' | 'paired_bootstrap';
}

export interface Comparison {
  readonly n: number;
  readonly differences: Readonly<Partial<Record<MetricName, PairedDifference>>>;
}

/**
 * Compares two models on the same cases: exact McNemar for accuracy, DeLong for the AUC of binary tasks, the paired
 * bootstrap for everything else (multi-label accuracy included, whose labels within a case are not independent).
 *
 * @throws UnpairedCasesError where kind, number of cases or labels differ; else as `parseCases`
 */
export function compare(a: CasesInput, b: CasesInput, options: CompareOptions = {}): Comparison {
  const casesA = parseCases(a);
  const casesB = parseCases(b);
  assertPaired(casesA, casesB);
  const { metrics = ['acc', 'auc'] } = options;
  const bootstrapped = (metric: MetricName) => bootstrapDifference(casesA, casesB, metric, options);
  return {
    n: casesA.n,
    differences: Object.fromEntries(
      metrics.map((metric) => {
        if (metric === 'acc' && !isMultiLabel(casesA.kind))
          return [metric, { ...bootstrapped(metric), p: mcnemarOf(casesA, casesB), test: 'mcnemar' }];
        if (metric === 'auc' && casesA.kind === 'binary-class')
          return [metric, delongDifference(casesA, casesB, options) ?? bootstrapped(metric)];
        return [metric, bootstrapped(metric)];
      }),
    ),
  };
}

function bootstrapDifference(
  a: Cases,
  b: Cases,
  metric: MetricName,
  { seed = 0, bootstrap = 1000, level = defaultLevel }: CompareOptions,
): PairedDifference {
  const [ofA, ofB] = [metricStatistics(a)[metric], metricStatistics(b)[metric]];
  if (!ofA || !ofB || ofA() === null || ofB() === null)
    return { difference: null, interval: null, p: null, test: 'paired_bootstrap' };
  const { difference, interval, p } = pairedBootstrap(ofA, ofB, a.n, { seed, resamples: bootstrap, level });
  return { difference, interval, p, test: 'paired_bootstrap' };
}

function mcnemarOf(a: Cases, b: Cases): number {
  const rightB = subsetCorrectness(b);
  let onlyA = 0;
  let onlyB = 0;
  subsetCorrectness(a).forEach((right, row) => {
    if (right > rightB[row]!) onlyA++;
    if (right < rightB[row]!) onlyB++;
  });
  return mcnemarTest(onlyA, onlyB);
}

/** Undefined where DeLong's variance cannot be estimated: a class with fewer than two cases, or no variance at all. */
function delongDifference(a: Cases, b: Cases, { level }: CompareOptions): PairedDifference | undefined {
  if (missingClasses(a).length > 0) return undefined;
  const [viewA, viewB] = [oneVersusRest(a)[0]!, oneVersusRest(b)[0]!];
  const positives = viewA.positive.reduce((sum, value) => sum + value, 0);
  if (Math.min(positives, a.n - positives) < 2) return undefined;
  const { difference, interval, p } = delongTest(viewA.positive, viewA.scores, viewB.scores, level);
  return p === null ? undefined : { difference, interval, p, test: 'delong' };
}

function assertPaired(a: Cases, b: Cases): void {
  for (const field of ['kind', 'n', 'classes'] as const)
    if (a[field] !== b[field])
      throw new UnpairedCasesError({ field: `b.${field}`, expected: String(a[field]), actual: String(b[field]) });
  const at = a.labels.findIndex((label, index) => label !== b.labels[index]);
  if (at >= 0)
    throw new UnpairedCasesError({
      field: `b.labels[${at}]`,
      expected: String(a.labels[at]),
      actual: String(b.labels[at]),
    });
}
