export {
  parseComputeEnvironment,
  parseJobCall,
  parseJobEnvironment,
  type ComputeEnvironment,
  type Environment,
  type JobEnvironment,
} from './job-environment.ts';
export { openStoreAt, type OpenedStore, type OpenStoreAtOptions } from './open-store-at.ts';
export type { Job, JobProgram, JobResult } from './job.ts';
export { runJob } from './run-job.ts';
