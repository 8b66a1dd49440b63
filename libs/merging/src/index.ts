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
export { type MergeMethod } from './merge-method.ts';
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
