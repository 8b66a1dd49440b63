/** Keys of ours on Kubernetes objects; labels of a job get the prefix too. */
export const prefix = 'medlego.dev/';
/** On every Job and pod of ours: what the runner lists and watches by. */
export const managedLabel = `${prefix}managed-job`;
/** Which runner the object belongs to, if several share a namespace. */
export const runnerLabel = `${prefix}runner`;
export const cancelledAnnotation = `${prefix}cancelled`;
export const refusedAnnotation = `${prefix}refused`;
export const maxAttemptsAnnotation = `${prefix}max-attempts`;
export const jobNameLabel = 'batch.kubernetes.io/job-name';
export const indexAnnotation = 'batch.kubernetes.io/job-completion-index';
export const indexFailuresAnnotation = 'batch.kubernetes.io/job-index-failure-count';
export const queueLabel = 'kueue.x-k8s.io/queue-name';
export const containerName = 'job';
