export { joinLicences, type JoinedLicence, type LicensedMember } from './licence.ts';
export { type MergeMember } from './members.ts';
export {
  mergeAdapters,
  prepareMerge,
  type MergeOptions,
  type MergeRecipe,
  type MergeResult,
  type PreparedMerge,
} from './merge.ts';
export { mergeModels, writeMergedModel, type ModelMergeResult } from './models/merge-models.ts';
export { memoryReader, type ModelMember, type TensorHeader, type TensorReader } from './models/model-member.ts';
export { type ModelMergeReport, type TensorFigures } from './models/model-report.ts';
export { prepareModelMerge, type PreparedModelMerge } from './models/prepare-model-merge.ts';
export { type MergeMethod } from './merge-method.ts';
export { describeField, paramFields, type ParamField } from './param-fields.ts';
export { describeMethods, findMethod, mergeMethods, mergeSpaces, type MethodDescription } from './registry.ts';
export {
  type MemberReport,
  type MergeReport,
  type MergeWarning,
  type MergeWarningCode,
  type ModuleReport,
  type PairFigures,
  type PerMember,
  type PerTaskFigures,
  type TotalsReport,
} from './report/merge-report.ts';
export { type MergeSpace, type SpaceId } from './spaces/merge-space.ts';
export { statisticsKinds, type MemberStatistics, type StatisticsKind } from './statistics.ts';
