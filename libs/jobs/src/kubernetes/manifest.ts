import type { V1Job, V1JobSpec, V1PodSpec, V1PodTemplateSpec, V1ResourceRequirements } from '@kubernetes/client-node';
import { exitCodes } from '@medlego/errors';
import type { JobSpec } from '../job-spec.ts';
import { mergePatch } from './merge-patch.ts';
import { containerName, managedLabel, maxAttemptsAnnotation, prefix, queueLabel, runnerLabel } from './names.ts';
import type { JobTemplate } from './template.ts';

/**
 * The `batch/v1` Job of a job, a pure function. Sweeps are Indexed, with a limit of failures for each index. `suspend` and
 * status are never written: they are Kueue's and the controller's. The pod obeys the restricted Pod Security Standard.
 */
export function jobManifest(spec: JobSpec, template: JobTemplate, runner: string): V1Job {
  const labels = {
    ...template.labels,
    ...Object.fromEntries(Object.entries(spec.labels).map(([key, value]) => [`${prefix}${key}`, value])),
    'app.kubernetes.io/name': 'medlego',
    'app.kubernetes.io/component': `${spec.app}-job`,
    'app.kubernetes.io/managed-by': 'medlego',
    [managedLabel]: 'true',
    [runnerLabel]: runner,
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: spec.name,
      labels: { ...labels, ...(template.kueueQueue && { [queueLabel]: template.kueueQueue }) },
      annotations: { ...template.annotations, [maxAttemptsAnnotation]: String(spec.maxAttempts) },
      ...(template.owner && { ownerReferences: [template.owner] }),
    },
    spec: {
      ...repetition(spec, template),
      podReplacementPolicy: 'Failed', // a checkpoint has one writer
      podFailurePolicy: failurePolicy(spec.completions !== undefined),
      ttlSecondsAfterFinished: template.ttlSecondsAfterFinished ?? 86_400,
      ...(template.activeDeadlineSeconds && { activeDeadlineSeconds: template.activeDeadlineSeconds }),
      template: podTemplate(spec, template, labels),
    },
  };
}

function repetition({ completions, maxAttempts }: JobSpec, { parallelism }: JobTemplate): Partial<V1JobSpec> {
  if (completions === undefined) return { completions: 1, parallelism: 1, backoffLimit: maxAttempts - 1 };
  return {
    completionMode: 'Indexed',
    completions,
    parallelism: Math.min(completions, parallelism ?? completions),
    backoffLimitPerIndex: maxAttempts - 1,
  };
}

/** First match wins: a lost node counts for nothing, whatever the exit code was when it went. */
function failurePolicy(indexed: boolean): V1JobSpec['podFailurePolicy'] {
  const onExitCodes = (operator: 'In' | 'NotIn', ...values: number[]) => ({
    onExitCodes: { containerName, operator, values },
  });
  return {
    rules: [
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
      { action: indexed ? 'FailIndex' : 'FailJob', ...onExitCodes('In', exitCodes.badRequest) },
      { action: 'Ignore', ...onExitCodes('In', exitCodes.stopped) },
      { action: 'Count', ...onExitCodes('NotIn', exitCodes.badRequest, exitCodes.stopped) },
    ],
  };
}

function podTemplate(spec: JobSpec, template: JobTemplate, labels: Record<string, string>): V1PodTemplateSpec {
  const user = template.runAsUser ?? 65_532;
  const fixed = new Set(template.env?.map(({ name }) => name));
  const own = Object.entries(spec.env).flatMap(([name, value]) => (fixed.has(name) ? [] : [{ name, value }]));
  const pod: V1PodTemplateSpec = {
    metadata: { labels, ...(template.podAnnotations && { annotations: { ...template.podAnnotations } }) },
    spec: {
      restartPolicy: 'Never', // what podFailurePolicy needs
      terminationGracePeriodSeconds: spec.graceSeconds,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      ...scheduling(spec, template),
      securityContext: {
        runAsNonRoot: true,
        runAsUser: user,
        runAsGroup: user,
        fsGroup: user,
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: containerName,
          image: template.image,
          ...(template.imagePullPolicy && { imagePullPolicy: template.imagePullPolicy }),
          ...(template.command && { command: [...template.command] }),
          args: [...((template.appArgument ?? true) ? [spec.app] : []), ...spec.args],
          env: [...own, ...(template.env ?? [])],
          ...(template.envFrom && { envFrom: [...template.envFrom] }),
          resources: resources(spec, template),
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          terminationMessagePolicy: 'FallbackToLogsOnError',
          volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }, ...(template.volumeMounts ?? [])],
        },
      ],
      volumes: [{ name: 'tmp', emptyDir: { sizeLimit: template.tmpSize ?? '4Gi' } }, ...(template.volumes ?? [])],
    },
  };
  return mergePatch(pod, template.pod);
}

function scheduling(spec: JobSpec, template: JobTemplate): Partial<V1PodSpec> {
  const onGpu = spec.resources.gpus > 0;
  const tolerations = [...(template.tolerations ?? []), ...(onGpu ? (template.gpuTolerations ?? []) : [])];
  const nodeSelector = { ...template.nodeSelector, ...(onGpu && template.gpuNodeSelector) };
  const classes = template.priorityClasses?.filter(({ atLeast }) => spec.priority >= atLeast) ?? [];
  const priorityClass = classes.toSorted((a, b) => b.atLeast - a.atLeast)[0];
  return {
    ...(tolerations.length > 0 && { tolerations }),
    ...(Object.keys(nodeSelector).length > 0 && { nodeSelector }),
    ...(template.affinity && { affinity: template.affinity }),
    ...(onGpu && template.runtimeClassName && { runtimeClassName: template.runtimeClassName }),
    ...(template.schedulerName && { schedulerName: template.schedulerName }),
    ...(priorityClass && { priorityClassName: priorityClass.name }),
    ...(template.serviceAccountName && { serviceAccountName: template.serviceAccountName }),
    ...(template.imagePullSecrets && { imagePullSecrets: [...template.imagePullSecrets] }),
  };
}

/** Requests are written too: without them Kueue has nothing to count. */
function resources({ resources: { cores, memoryMb, gpus } }: JobSpec, template: JobTemplate): V1ResourceRequirements {
  const gpu = gpus > 0 ? { [template.gpuResourceName ?? 'nvidia.com/gpu']: String(gpus) } : {};
  const memory = `${memoryMb}Mi`;
  return {
    requests: { cpu: `${Math.ceil(cores * 1000)}m`, memory, ...gpu },
    limits: { memory, ...gpu },
  };
}
