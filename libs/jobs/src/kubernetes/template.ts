import type {
  V1Affinity,
  V1EnvFromSource,
  V1EnvVar,
  V1LocalObjectReference,
  V1OwnerReference,
  V1PodTemplateSpec,
  V1Toleration,
  V1Volume,
  V1VolumeMount,
} from '@kubernetes/client-node';

/** A part of a Kubernetes object, at any depth. Null removes what the defaults hold. */
export type Patch<T> = T extends (infer Item)[]
  ? Patch<Item>[]
  : T extends object
    ? { [Key in keyof T]?: Patch<T[Key]> | null }
    : T;

/** What an installation adds to every Job: where it runs, from which image, with which rights. Comes from the chart's values. */
export interface JobTemplate {
  readonly image: string;
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
  readonly imagePullSecrets?: readonly V1LocalObjectReference[];
  /** Replaces the image's entry. */
  readonly command?: readonly string[];
  /** Whether the name of the app comes before the job's arguments. Default true. */
  readonly appArgument?: boolean;
  /** What `resources.gpus` counts. Default nvidia.com/gpu; a MIG slice such as nvidia.com/mig-1g.10gb on others. */
  readonly gpuResourceName?: string;
  /** Only for jobs that ask for GPUs, beside the general ones. */
  readonly gpuTolerations?: readonly V1Toleration[];
  readonly gpuNodeSelector?: Readonly<Record<string, string>>;
  readonly runtimeClassName?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly V1Toleration[];
  readonly affinity?: V1Affinity;
  readonly schedulerName?: string;
  /** The class of jobs whose priority is at least the number; the largest that fits counts. */
  readonly priorityClasses?: readonly { readonly atLeast: number; readonly name: string }[];
  readonly serviceAccountName?: string;
  /** Wins over the job's own values of the same name, so that a token comes from a Secret and is not written into the Job. */
  readonly env?: readonly V1EnvVar[];
  readonly envFrom?: readonly V1EnvFromSource[];
  readonly volumes?: readonly V1Volume[];
  readonly volumeMounts?: readonly V1VolumeMount[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly podAnnotations?: Readonly<Record<string, string>>;
  /** A Kueue LocalQueue. */
  readonly kueueQueue?: string;
  /** Numeric user and group of the image. Default 65532. */
  readonly runAsUser?: number;
  /** Size of the writable /tmp. Default 4Gi. */
  readonly tmpSize?: string;
  /** How long an ended Job stays. Default one day. */
  readonly ttlSecondsAfterFinished?: number;
  readonly activeDeadlineSeconds?: number;
  /** Tasks of a sweep that run at the same time. Default all. */
  readonly parallelism?: number;
  /** Ends the Jobs with their owner, such as the runner's Deployment. */
  readonly owner?: V1OwnerReference;
  /** Merged into the pod template last: objects by key, lists of named things by name, other lists replaced. */
  readonly pod?: Patch<V1PodTemplateSpec>;
}
