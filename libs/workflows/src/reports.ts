// What a service reads of evaluations without computing any: loads no engine, no images, no training.
export { comparisonRows, type ComparisonRow } from './comparison-rows.ts';
export type { EvaluationDocument } from './evaluation-document.ts';
export { findEvaluation, readReport } from './keep-evaluation.ts';
export { probeFileOf } from './probe-file.ts';
