export { renderReport } from './render-report.ts';
export {
  reportRows,
  type ReportComparison,
  type ReportCurve,
  type ReportData,
  type ReportLicence,
  type ReportModule,
  type ReportResult,
  type ReportRow,
  type ReportSample,
  type ReportTask,
} from './report-data.ts';
