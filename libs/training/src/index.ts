export type { Checkpoint, EpochMetrics, EpochRecord, Position } from './checkpoint/checkpoint.ts';
export {
  createCheckpointFolder,
  type CheckpointFolder,
  type LoadedCheckpoint,
} from './checkpoint/checkpoint-folder.ts';
export { parseCheckpoint } from './checkpoint/codec.ts';
export { chooseSettings, isNoise, type TrainingChoices } from './choices.ts';
export { compareWithProbe, describeComparison, type ProbeComparison } from './compare-with-probe.ts';
export { computeFeatures, type AdapterModel, type BackboneModel, type FeatureOptions } from './features.ts';
export {
  environmentOf,
  fit,
  fitTasks,
  type FitOptions,
  type FitResult,
  type FitTask,
  type FitTasksOptions,
  type FitTasksResult,
  type RunOptions,
} from './fit.ts';
export { applyHead, assertHead, headBiasName, headWeightName, meanLoss, toScores } from './head.ts';
export type { ImageBatches } from './image-batches.ts';
export { sigmoidCrossEntropy, softmaxCrossEntropy, taskLoss, type LossOptions } from './losses.ts';
export { measure } from './measure.ts';
export { adamW, type AdamWOptions } from './optimizers/adam-w.ts';
export { clipByGlobalNorm } from './optimizers/clip.ts';
export type { Optimizer, StepControl } from './optimizers/optimizer.ts';
export { sgd, type SgdOptions } from './optimizers/sgd.ts';
export { readNamedSettings, settingNames, type NamedTraining } from './named-settings.ts';
export type { Neighbour } from './neighbours.ts';
export type { TrainingBase } from './onto.ts';
export { ParameterLayout } from './parameter-layout.ts';
export {
  augmentPresetNames,
  augmentPresets,
  sampleSettings,
  trainingPresetNames,
  trainingPresets,
  type AugmentPresetName,
  type TrainingPresetName,
} from './presets.ts';
export { predictScores, type PredictOptions } from './predict-scores.ts';
export {
  defaultL2Grid,
  solveProbe,
  type LabelledFeatures,
  type Probe,
  type ProbeCandidate,
  type ProbeOptions,
} from './probe/solve-probe.ts';
export {
  finish,
  type CheckpointReport,
  type EpochReport,
  type ProbeReport,
  type ResumedReport,
  type StepReport,
  type TrainingReport,
  type WarningReport,
} from './reports.ts';
export { learningRateAt, scheduleNames, type ScheduleName, type ScheduleOptions } from './schedules.ts';
export { selectors, type Selector } from './select.ts';
export {
  headInits,
  inputSubspaces,
  optimizerNames,
  parseTrainingSettings,
  trainingSettingsSchema,
  type TrainingSettings,
  type TrainingSettingsInput,
} from './settings.ts';
export { createSpecialistStep, type SpecialistStep, type SpecialistStepOptions } from './specialist-step.ts';
export {
  collectStatistics,
  statisticsKinds,
  type CollectedStatistics,
  type StatisticsKind,
  type StatisticsOptions,
} from './statistics/collect-statistics.ts';
export { splitImages } from './split-images.ts';
export type { MeasuredProbe, TaskOutcome } from './task-run.ts';
export { classFactors, type ClassWeights, type LabelRows, type TaskShape } from './targets.ts';
export { runTrainLoop, type TrainLoopOptions, type TrainLoopResult } from './train-loop.ts';
export { trainJoint, type TrainedJoint, type TrainJointOptions } from './train-joint.ts';
export { trainSpecialist, type TrainedSpecialist, type TrainSpecialistOptions } from './train-specialist.ts';
export { type Backbone, type SharedTrainOptions, type TrainedHead } from './train-together.ts';
export {
  createTrainStep,
  type Penalty,
  type StepLosses,
  type TrainBatch,
  type TrainStep,
  type TrainStepOptions,
} from './train-step.ts';
