export { createKubernetesJobRunner, type KubernetesJobRunnerOptions } from './runner.ts';
export { jobManifest } from './manifest.ts';
export { statusOf as httpStatusOf, toClusterError } from './api-error.ts';
export { mergePatch } from './merge-patch.ts';
export { openWatch, ResourceCache, type ResourceCacheOptions } from './resource-cache.ts';
export { parseJobTemplate, readJobTemplate, type JobTemplateFile } from './template-file.ts';
export { pendingReason, type PendingReason } from './pending-reason.ts';
export type { JobTemplate, Patch } from './template.ts';
