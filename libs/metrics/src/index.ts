export { baselineScores } from './baselines.ts';
export { isMultiLabel, parseCases, type Cases, type CasesInput, type ScoreMatrix } from './cases.ts';
export { compare, type CompareOptions, type Comparison, type PairedDifference } from './compare.ts';
export { decide, decisionThreshold } from './decisions.ts';
export { evaluateScores, type EvaluateOptions, type Evaluation } from './evaluate-scores.ts';
export {
  bootstrapIntervals,
  percentileInterval,
  resampleCases,
  type BootstrapInterval,
  type ResampleOptions,
} from './intervals/bootstrap.ts';
export { type Interval } from './intervals/interval.ts';
export { clopperPearsonInterval, wilsonInterval, wilsonIntervalOfShare } from './intervals/proportion.ts';
export { gainKept, retention, type GainKept, type Retention, type TaskScores } from './kept.ts';
export { calibrationBins, reliability, type ReliabilityBin } from './measures/calibration.ts';
export { lowerIsBetter, metricNames, metricStatistics, type MetricName } from './metrics.ts';
export { type Counts, type Statistic } from './statistic.ts';
export { delongTest, type DelongResult } from './paired-tests/delong.ts';
export { holmAdjust } from './paired-tests/holm.ts';
export { mcnemarTest } from './paired-tests/mcnemar.ts';
export { pairedBootstrap, type PairedBootstrapResult } from './paired-tests/paired-bootstrap.ts';
export { waldTest } from './paired-tests/wald.ts';
