import type { V1Job, V1Pod } from '@kubernetes/client-node';
import { queueLabel } from './names.ts';

export interface PendingReason {
  readonly words: string;
  /** Waiting will not help: somebody must change the image, a Secret or the template. */
  readonly hopeless: boolean;
}

/** Why a pod does not run yet, in words; undefined if there is nothing unusual to say. */
export function pendingReason(pod: V1Pod): PendingReason | undefined {
  for (const status of [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]) {
    const waiting = status.state?.waiting;
    if (!waiting?.reason) continue;
    const message = waiting.message ? ` (${clip(waiting.message)})` : '';
    switch (waiting.reason) {
      case 'ErrImagePull':
        return { words: `the image ${status.image} cannot be pulled${message}`, hopeless: false }; // tried again
      case 'ImagePullBackOff':
      case 'InvalidImageName':
      case 'ErrImageNeverPull':
        return { words: `the image ${status.image} cannot be pulled${message}`, hopeless: true };
      case 'CreateContainerConfigError':
        return { words: `a Secret or ConfigMap that the job needs is not there${message}`, hopeless: true };
      case 'CreateContainerError':
      case 'RunContainerError':
        return { words: `the container cannot be started${message}`, hopeless: true };
      default: // ContainerCreating, PodInitializing: on its way
    }
  }
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status !== 'False') return undefined;
  if (scheduled.reason === 'SchedulingGated') return { words: 'waits to be admitted to the cluster', hopeless: false };
  return { words: unschedulable(scheduled.message ?? ''), hopeless: false };
}

/** The scheduler says "0/5 nodes are available: 3 Insufficient nvidia.com/gpu, 2 node(s) had untolerated taint {a: b}. preemption: ...". */
function unschedulable(message: string): string {
  const causes: string[] = [];
  for (const [, resource] of message.matchAll(/Insufficient ([\w./-]+\w)/gu))
    causes.push(`no node has a free ${resource}`);
  const taints = [...message.matchAll(/untolerated taints?(?:\(s\))? ?(\{[^}]*\})?/gu)];
  if (taints.length > 0)
    causes.push(
      `nodes have taints that the job does not tolerate ${taints.map(([, taint]) => taint ?? '').join(' ')}`.trim(),
    );
  if (/didn't match Pod's node affinity\/selector/u.test(message))
    causes.push('no node has the labels that the job asks for');
  if (/were unschedulable/u.test(message)) causes.push('nodes are cordoned');
  if (/persistentvolumeclaim|PersistentVolume/iu.test(message)) causes.push('a volume is not available');
  return causes.length > 0
    ? [...new Set(causes)].join('; ')
    : `cannot be scheduled${message ? ` (${clip(message)})` : ''}`;
}

/** Why a suspended Job waits. */
export function suspendedReason(job: V1Job): string {
  const queue = job.metadata?.labels?.[queueLabel];
  const again = (job.status?.failed ?? 0) > 0 || job.status?.conditions?.some(({ type }) => type === 'Suspended');
  if (queue)
    return again
      ? `waits for room in the queue ${queue}; it will go on from its checkpoint`
      : `waits for room in the queue ${queue}`;
  return 'suspended by an administrator';
}

const clip = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}...` : text);
