export { createKubernetesJobRunner, type KubernetesJobRunnerOptions } from './runner.ts';
export { jobManifest } from './manifest.ts';
export { mergePatch } from './merge-patch.ts';
export { pendingReason, type PendingReason } from './pending-reason.ts';
export type { JobTemplate, Patch } from './template.ts';
