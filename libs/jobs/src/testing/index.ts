export { describeJobRunner, nodeJob, statusWhen, type JobRunnerSuite } from './job-runner-suite.ts';
