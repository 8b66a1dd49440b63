export {
  openBackbone,
  openBackboneByDigest,
  storeBackbone,
  type BackboneDraft,
  type NamedBackbone,
} from './backbones.ts';
export {
  comparisonRows,
  evaluateArtifact,
  type ComparisonRow,
  type EvaluatedArtifact,
  type EvaluatedTask,
  type EvaluateOptions,
  type RowName,
} from './evaluate-artifact.ts';
export { exportArtifact, exportFormats, type ExportArtifactOptions, type ExportFormat } from './export-artifact.ts';
export { importPath, type Imported, type ImportOptions } from './import-path.ts';
export { mergeSpecialists, type MergedSpecialists, type MergeSpecialistsOptions } from './merge-specialists.ts';
export { predictImages, type Prediction, type PredictImagesOptions } from './predict-images.ts';
export { trainTask, type TrainedTask, type TrainTaskOptions } from './train-task.ts';
