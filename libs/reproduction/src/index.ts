export {
  settingNames,
  tableNames,
  type CurvesConfig,
  type ReproductionConfig,
  type RowConfig,
  type SettingName,
  type SortConfig,
  type TableConfig,
  type TableName,
} from './config/config-schema.ts';
export { parseConfig, readConfig } from './config/read-config.ts';
export { type RunContext, type RunProgress } from './run/run-context.ts';
export { runCurves, type CurvesRun, type RunCurvesOptions } from './run/run-curves.ts';
export { runTable, type RunTableOptions, type TableRun } from './run/run-table.ts';
export { curvesDocument, type CurvesDocument } from './write/curves-document.ts';
export { writeMedmnistResults } from './write/medmnist-results.ts';
export { resultsDocument, type MadeFacts, type ResultsDocument } from './write/results-document.ts';
export { writeCurves } from './write/write-curves.ts';
export { writeResults } from './write/write-results.ts';
