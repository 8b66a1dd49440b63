export { needsTask, readAdapterFiles, readHead } from './adapter-files.ts';
export {
  keepBackbone,
  openBackbone,
  openBackboneByDigest,
  storeBackbone,
  type BackboneDraft,
  type NamedBackbone,
} from './backbones.ts';
export {
  createCandidateScorer,
  type CandidateScorer,
  type CandidateScorerOptions,
  type CandidateTask,
  type ScoreOptions,
  type TaskScoreTensors,
  type UpdateScoreOptions,
} from './candidates/candidate-scorer.ts';
export { describeDataset } from './datasets.ts';
export {
  editGeneralist,
  type EditedGeneralist,
  type EditGeneralistOptions,
  type TaskChange,
} from './edit/edit-generalist.ts';
export {
  evaluateArtifact,
  type EvaluatedArtifact,
  type EvaluatedTask,
  type EvaluateOptions,
  type RowName,
} from './evaluate-artifact.ts';
export { comparisonRows, type ComparisonRow } from './comparison-rows.ts';
export { evaluationDocument, type EvaluationDocument } from './evaluation-document.ts';
export {
  evaluationFile,
  findEvaluation,
  keepEvaluation,
  readEvaluation,
  readReport,
  type KeptEvaluation,
} from './keep-evaluation.ts';
export { probeFileOf } from './probe-file.ts';
export { assertUsualNorms, screenSpecialist } from './screen-specialist.ts';
export { exportArtifact, exportFormats, type ExportArtifactOptions, type ExportFormat } from './export-artifact.ts';
export { importPath, type Imported, type ImportOptions } from './import-path.ts';
export { loadMembers, type LoadedMember, type LoadMembersOptions, type MemberRef } from './generalist/load-members.ts';
export { readRecipe } from './generalist/read-recipe.ts';
export { parseRecipe, type RecipeDocument, type TunedRecord } from './generalist/recipe-document.ts';
export { isFullModel, mergeFullSpecialists, type MergedModels } from './merge-models.ts';
export { mergeSpecialists, type MergedSpecialists, type MergeSpecialistsOptions } from './merge-specialists.ts';
export { predictImages, type Prediction, type PredictImagesOptions } from './predict-images.ts';
export { readHeadFile, writeHeadFile, type HeadFile } from './refit/head-file.ts';
export { refitGeneralist, type RefitGeneralistOptions } from './refit/refit-generalist.ts';
export { refitHeads, type RefitHeadsOptions, type RefitTask, type RefittedHead } from './refit/refit-heads.ts';
export { refittedHeads, replaceHeads, type ReplaceHeadsOptions } from './refit/replace-heads.ts';
export { joinTasks, type JoinedTasks, type JoinTasksOptions } from './join-tasks.ts';
export { readStatistics } from './generalist/read-statistics.ts';
export {
  findStoredDataset,
  hasImages,
  openStoredDataset,
  storeDataset,
  type StoredDatasetName,
} from './stored-datasets.ts';
export { type StatisticsRequest } from './statistics-file.ts';
export { type TrainOptions } from './train-inputs.ts';
export { probeHeadFile, readOwnUpdate, trainTask, type TrainedTask, type TrainTaskOptions } from './train-task.ts';
export {
  tuneMetrics,
  tuneObjectives,
  type References,
  type TaskFigures,
  type TaskLabels,
  type TuneMetric,
  type TuneObjective,
  type Worth,
} from './tune/objective.ts';
export { pairedGain, type PairedGain } from './tune/paired-gain.ts';
export { defaultSpace, parseSearch, type Dimension } from './tune/search-space.ts';
export {
  tuneRecipe,
  type MergedCandidate,
  type TuneBudget,
  type TuneCandidate,
  type TunedRecipe,
  type TuneRecipeOptions,
} from './tune/tune-recipe.ts';
export { tuneSpecialists, type TunedSpecialists, type TuneSpecialistsOptions } from './tune/tune-specialists.ts';
