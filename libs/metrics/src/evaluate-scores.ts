import { InvalidValueError, ShapeMismatchError } from '@medlego/errors';
import type { TaskKind } from '@medlego/tasks';
import { type Cases, type CasesInput, isMultiLabel, parseCases } from './cases.ts';
import { decide } from './decisions.ts';
import { bootstrapIntervals } from './intervals/bootstrap.ts';
import { defaultLevel, type Interval } from './intervals/interval.ts';
import { wilsonInterval } from './intervals/proportion.ts';
import { subsetCorrectness } from './measures/accuracy.ts';
import { auc } from './measures/auc.ts';
import { confusionRows, countConfusion } from './measures/confusion.ts';
import { labelDecisions, type MetricName, metricStatistics } from './metrics.ts';
import { missingClasses, oneVersusRest } from './one-versus-rest.ts';
import type { Statistic } from './statistic.ts';

export interface EvaluateOptions {
  /** Seed of the bootstrap; default 0. */
  readonly seed?: number;
  /** Resamples; default 1000. 0 leaves only the intervals that need none. */
  readonly bootstrap?: number;
  /** Level of all intervals; default 0.95. */
  readonly level?: number;
  /** Keep the number of cases per class in every resample; default false. Not for multi-label tasks. */
  readonly stratified?: boolean;
  /** Names for the notes; indices are used without. */
  readonly labelNames?: readonly string[];
}

/** One row of an evaluation report; plain JSON. */
export interface Evaluation {
  readonly kind: TaskKind;
  readonly n: number;
  /** Null: not defined on these cases; `notes` says why. Absent: makes no sense for this kind. */
  readonly metrics: Readonly<Partial<Record<MetricName, number | null>>>;
  /** Wilson for `acc` (not multi-label) and `acc_subset`, percentile bootstrap for the rest. */
  readonly intervals: Readonly<Partial<Record<MetricName, Interval | null>>>;
  /** One-against-rest AUC per class or label; a single entry for `binary-class`. */
  readonly aucPerClass: readonly (number | null)[];
  /** Rows are true classes, columns decisions; null for multi-label. */
  readonly confusion: readonly (readonly number[])[] | null;
  /** Multi-label: one 2 x 2 matrix per label, row and column 0 = absent; null for other kinds. */
  readonly labelConfusions: readonly (readonly (readonly number[])[])[] | null;
  /** Indices of classes without cases, or of labels that are the same in all cases. */
  readonly missingClasses: readonly number[];
  readonly notes: readonly string[];
}

/** Resampling biases the calibration error upwards: its percentiles may even miss the estimate, so it gets no interval. */
const withoutBootstrap: ReadonlySet<string> = new Set<MetricName>(['ece']);

/**
 * All metrics of one model on one task, with intervals.
 *
 * @throws InvalidValueError, ShapeMismatchError, NonFiniteError, ScoreRangeError as `parseCases`
 */
export function evaluateScores(input: CasesInput, options: EvaluateOptions = {}): Evaluation {
  const cases = parseCases(input);
  assertOptions(cases, options);
  const statistics = metricStatistics(cases);
  const metrics = mapValues(statistics, (statistic) => statistic());
  const missing = missingClasses(cases);
  const { intervals, notes } = intervalsOf(cases, statistics, metrics, options);
  const isLabelled = isMultiLabel(cases.kind);
  return {
    kind: cases.kind,
    n: cases.n,
    metrics,
    intervals,
    aucPerClass: oneVersusRest(cases).map((view) => auc(view)()),
    confusion: isLabelled ? null : confusionRows(countConfusion(cases.labels, decide(cases), cases.classes)),
    labelConfusions: isLabelled
      ? labelDecisions(cases).map(({ truth, decided }) => confusionRows(countConfusion(truth, decided, 2)))
      : null,
    missingClasses: missing,
    notes: [...missingNotes(cases, missing, options.labelNames), ...notes],
  };
}

function assertOptions(cases: Cases, { stratified, labelNames }: EvaluateOptions): void {
  if (stratified && isMultiLabel(cases.kind))
    throw new InvalidValueError({ field: 'stratified', expected: `false for ${cases.kind}`, actual: stratified });
  if (labelNames && labelNames.length !== cases.classes)
    throw new ShapeMismatchError({ param: 'labelNames', expected: [cases.classes], actual: [labelNames.length] });
}

type PerMetric<T> = Partial<Record<MetricName, T>>;

function intervalsOf(
  cases: Cases,
  statistics: PerMetric<Statistic>,
  metrics: PerMetric<number | null>,
  { seed = 0, bootstrap = 1000, level = defaultLevel, stratified = false }: EvaluateOptions,
): { intervals: PerMetric<Interval | null>; notes: string[] } {
  const intervals: PerMetric<Interval | null> = proportionIntervals(cases, level);
  const names = Object.keys(statistics) as MetricName[];
  for (const name of names) if (metrics[name] === null) intervals[name] = null;
  // Where every class has an AUC both means are one number: it is resampled once.
  const isSameAuc = metrics.auc !== null;
  const open = names.filter(
    (name) => !(name in intervals) && !withoutBootstrap.has(name) && !(isSameAuc && name === 'auc_mean_of_defined'),
  );
  const resampled = Object.fromEntries(open.map((name) => [name, statistics[name]!]));
  const strata = stratified ? cases.labels : undefined;
  const results = bootstrapIntervals(resampled, cases.n, { seed, resamples: bootstrap, level, strata });
  if (bootstrap === 0) return { intervals, notes: [] };
  const notes: string[] = [];
  for (const name of open) {
    const { interval, undefinedResamples } = results[name]!;
    intervals[name] = interval;
    if (undefinedResamples > 0)
      notes.push(
        `${name}: ${undefinedResamples} of ${bootstrap} resamples lack a class and are left out of its interval.`,
      );
  }
  if (isSameAuc) intervals.auc_mean_of_defined = intervals.auc;
  if (metrics.auc === 1)
    notes.push(
      'auc: every resample gives 1, so its interval has no width; the cases are too easy to show uncertainty.',
    );
  return { intervals, notes };
}

function proportionIntervals(cases: Cases, level: number): PerMetric<Interval> {
  const right = subsetCorrectness(cases).reduce((sum, value) => sum + value, 0);
  return { [isMultiLabel(cases.kind) ? 'acc_subset' : 'acc']: wilsonInterval(right, cases.n, level) };
}

function missingNotes(cases: Cases, missing: readonly number[], names?: readonly string[]): string[] {
  if (missing.length === 0) return [];
  const listed = missing.map((index) => names?.[index] ?? String(index)).join(', ');
  const [what, why] = isMultiLabel(cases.kind)
    ? [missing.length === 1 ? 'label' : 'labels', 'the same in all cases']
    : [missing.length === 1 ? 'class' : 'classes', 'without cases'];
  return [`auc: undefined, ${what} ${listed} ${why}; auc_mean_of_defined averages the others.`];
}

function mapValues<T, U>(record: PerMetric<T>, map: (value: T) => U): PerMetric<U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value as T)]));
}
