import { type Cases, isMultiLabel } from './cases.ts';
import { decide } from './decisions.ts';
import { correctness, subsetCorrectness } from './measures/accuracy.ts';
import { balancedAccuracy, f1, f1Macro, kappa } from './measures/agreement.ts';
import { auc } from './measures/auc.ts';
import { averagePrecision } from './measures/average-precision.ts';
import { calibrationError } from './measures/calibration.ts';
import { type Confusion, countConfusion } from './measures/confusion.ts';
import { brierScores, logLosses } from './measures/probability-loss.ts';
import { oneVersusRest } from './one-versus-rest.ts';
import { averageOf, meanStatistic, type Statistic } from './statistic.ts';

/**
 * Names as they stand in reports, in the order of printing:
 *
 * - `acc`: MedMNIST's ACC (multi-label: mean over labels, the same number as `acc_label_mean`)
 * - `auc`: MedMNIST's AUC; null as soon as one class has none
 * - `auc_mean_of_defined`: the mean over the classes that have one
 * - `acc_label_mean`, `acc_subset`: multi-label only; share of right labels, share of cases with all labels right
 * - `balanced_accuracy`, `f1_macro`, `kappa`: from decisions; `kappa_quadratic`: ordered classes only
 * - `average_precision`: mean over classes
 * - `ece`: expected calibration error, 15 bins; `log_loss` in nats; `brier`
 */
export const metricNames = [
  'acc',
  'auc',
  'auc_mean_of_defined',
  'acc_label_mean',
  'acc_subset',
  'balanced_accuracy',
  'f1_macro',
  'kappa',
  'kappa_quadratic',
  'average_precision',
  'ece',
  'log_loss',
  'brier',
] as const;
export type MetricName = (typeof metricNames)[number];

/** For these a smaller value is better. */
export const lowerIsBetter: ReadonlySet<MetricName> = new Set(['ece', 'log_loss', 'brier']);

/** Every metric that makes sense for the kind of task, prepared on these cases. */
export function metricStatistics(cases: Cases): Partial<Record<MetricName, Statistic>> {
  const views = oneVersusRest(cases);
  const aucs = views.map(auc);
  const accuracy = meanStatistic(correctness(cases));
  return {
    acc: accuracy,
    auc: averageOf(aucs),
    auc_mean_of_defined: averageOf(aucs, { skipUndefined: true }),
    ...(isMultiLabel(cases.kind) ? labelStatistics(cases, accuracy) : classStatistics(cases)),
    average_precision: averageOf(views.map(averagePrecision)),
    ece: calibrationError(cases),
    log_loss: meanStatistic(logLosses(cases)),
    brier: meanStatistic(brierScores(cases)),
  };
}

function labelStatistics(cases: Cases, accuracy: Statistic): Partial<Record<MetricName, Statistic>> {
  const perLabel = labelDecisions(cases).map(
    ({ truth, decided }): Statistic =>
      (counts) =>
        f1(countConfusion(truth, decided, 2, counts), 1),
  );
  return {
    acc_label_mean: accuracy,
    acc_subset: meanStatistic(subsetCorrectness(cases)),
    f1_macro: averageOf(perLabel),
  };
}

function classStatistics(cases: Cases): Partial<Record<MetricName, Statistic>> {
  const decided = decide(cases);
  const ofConfusion =
    (measure: (confusion: Confusion) => number | null): Statistic =>
    (counts) =>
      measure(countConfusion(cases.labels, decided, cases.classes, counts));
  return {
    balanced_accuracy: ofConfusion(balancedAccuracy),
    f1_macro: ofConfusion(f1Macro),
    kappa: ofConfusion(kappa),
    ...(cases.kind === 'ordinal-regression' && {
      kappa_quadratic: ofConfusion((confusion) => kappa(confusion, { quadratic: true })),
    }),
  };
}

/** Truth and decision of every label of a multi-label task, [n] each. */
export function labelDecisions(cases: Cases): { truth: Uint8Array; decided: Uint8Array }[] {
  const decisions = decide(cases);
  return oneVersusRest(cases).map(({ positive }, label) => ({
    truth: positive,
    decided: Uint8Array.from(positive, (_, row) => decisions[row * cases.width + label]!),
  }));
}
