export { describeExit, judgeExit, type ExitVerdict } from './exit-policy.ts';
export {
  hasEnded,
  matchesLabels,
  type CloseOptions,
  type JobFilter,
  type JobRunner,
  type JobState,
  type JobStatus,
  type LogLine,
  type LogOptions,
  type TaskStatus,
  type WatchOptions,
} from './job-runner.ts';
export { jobSpecSchema, parseJobSpec, type JobResources, type JobSpec } from './job-spec.ts';
export { type LocalCommand, type LocalJobRunnerOptions } from './local/options.ts';
export { createLocalJobRunner } from './local/runner.ts';
export { type KeptLog, type LogArchive } from './log-archive.ts';
