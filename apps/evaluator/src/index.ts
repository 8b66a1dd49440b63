export { evaluateInJob, type JobEvaluationOptions } from './evaluate-in-job.ts';
export { evaluateInline, type Evaluate, type InlineEvaluationOptions } from './evaluate-inline.ts';
export { evaluationScopes } from './evaluation-service.ts';
export { createEvaluator, type Evaluator, type EvaluatorOptions } from './evaluator.ts';
export { type VerdictDocument } from './gate/apply-gate.ts';
export { decideGate, defaultGatePolicy, type GatePolicy, type GateTask, type GateVerdict } from './gate/decide-gate.ts';
