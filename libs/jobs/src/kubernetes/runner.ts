import {
  BatchV1Api,
  CoreV1Api,
  Log,
  PatchStrategy,
  setHeaderOptions,
  type KubeConfig,
  type V1Job,
  type V1Pod,
} from '@kubernetes/client-node';
import { InvalidValueError, JobNotFoundError, JobRunnerClosedError } from '@medlego/errors';
import { ChangeFeed } from '../change-feed.ts';
import {
  hasEnded,
  matchesLabels,
  type CloseOptions,
  type JobFilter,
  type JobRunner,
  type JobStatus,
  type LogLine,
  type LogOptions,
  type WatchOptions,
} from '../job-runner.ts';
import type { LogArchive } from '../log-archive.ts';
import { parseJobSpec, type JobSpec } from '../job-spec.ts';
import { statusOf as httpStatusOf, toClusterError } from './api-error.ts';
import { createdAt, indexOfPod, jobEnded, statusOfJob } from './job-status.ts';
import { LogKeeper } from './keep-logs.ts';
import { jobManifest } from './manifest.ts';
import { cancelledAnnotation, jobNameLabel, managedLabel, refusedAnnotation, runnerLabel } from './names.ts';
import { pendingReason } from './pending-reason.ts';
import { readPodLogs } from './pod-logs.ts';
import { openWatch, ResourceCache } from './resource-cache.ts';
import type { JobTemplate } from './template.ts';

export interface KubernetesJobRunnerOptions {
  readonly kubeConfig: KubeConfig;
  readonly namespace: string;
  readonly template: JobTemplate;
  /** Tells runners in one namespace apart; each sees only its own Jobs. A label value. Default `medlego`. */
  readonly runner?: string;
  /** Told when the API server cannot be followed for a while; it is tried again without end. */
  readonly onProblem?: (error: unknown) => void;
  /** How long a pod may be unable to start for want of an image or a Secret before its job fails. Default 120. */
  readonly hopelessSeconds?: number;
  readonly relistSeconds?: number;
  /** Keeps logs beyond pods and Jobs. Default: they go with them. */
  readonly logs?: LogArchive;
}

/**
 * Jobs as `batch/v1` Jobs of one namespace. Nothing is kept here: any number of replicas can run beside each other. Needs
 * the rights create, get, list, watch, patch, delete of jobs; get, list, watch of pods; get of pods/log.
 */
export function createKubernetesJobRunner(options: KubernetesJobRunnerOptions): JobRunner {
  return new KubernetesJobRunner(options);
}

class KubernetesJobRunner implements JobRunner {
  readonly #options: KubernetesJobRunnerOptions;
  readonly #runner: string;
  readonly #batch: BatchV1Api;
  readonly #feed = new ChangeFeed();
  readonly #closed = new AbortController();
  readonly #jobs: ResourceCache<V1Job>;
  readonly #pods: ResourceCache<V1Pod>;
  readonly #keeper: LogKeeper | undefined;

  constructor(options: KubernetesJobRunnerOptions) {
    this.#options = options;
    this.#runner = options.runner ?? 'medlego';
    this.#batch = options.kubeConfig.makeApiClient(BatchV1Api);
    const core = options.kubeConfig.makeApiClient(CoreV1Api);
    const { namespace, relistSeconds, onProblem = () => {} } = options;
    const labelSelector = `${managedLabel}=true,${runnerLabel}=${this.#runner}`;
    const shared = {
      watch: openWatch(options.kubeConfig),
      labelSelector,
      signal: this.#closed.signal,
      onProblem,
      relistSeconds,
    };
    const { logs: archive, kubeConfig } = options;
    this.#keeper = archive
      ? new LogKeeper({ archive, log: new Log(kubeConfig), namespace, signal: this.#closed.signal, onProblem })
      : undefined;
    this.#jobs = new ResourceCache<V1Job>({
      ...shared,
      list: () => this.#batch.listNamespacedJob({ namespace, labelSelector }),
      path: `/apis/batch/v1/namespaces/${namespace}/jobs`,
      onChange: (job, present) => this.#feed.publish(this.#status(job, present)),
    });
    this.#pods = new ResourceCache<V1Pod>({
      ...shared,
      list: () => core.listNamespacedPod({ namespace, labelSelector }),
      path: `/api/v1/namespaces/${namespace}/pods`,
      onChange: (pod, present) => {
        if (present) this.#keeper?.podChanged(pod);
        else this.#keeper?.podGone(pod);
        this.#podChanged(pod);
      },
    });
  }

  async submit(value: JobSpec): Promise<JobStatus> {
    const spec = parseJobSpec(value);
    if (this.#closed.signal.aborted) throw new JobRunnerClosedError({ name: spec.name });
    const { namespace, template } = this.#options;
    const body = jobManifest(spec, template, this.#runner);
    try {
      const job = await this.#batch.createNamespacedJob({ namespace, body });
      this.#jobs.put(job);
      return this.#status(job);
    } catch (error) {
      if (httpStatusOf(error) === 409) return this.get(spec.name);
      throw toClusterError(error, `the job ${spec.name}`);
    }
  }

  async get(name: string): Promise<JobStatus> {
    return this.#status(await this.#find(name));
  }

  async list(filter?: JobFilter): Promise<JobStatus[]> {
    await this.#synced();
    const statuses = this.#jobs.list().map((job) => this.#status(job));
    return statuses.filter(({ labels }) => matchesLabels(labels, filter));
  }

  watch(options: WatchOptions): AsyncIterable<JobStatus> {
    return this.#feed.watch(options, () => this.list(options));
  }

  async cancel(name: string): Promise<JobStatus> {
    const job = await this.#find(name);
    const status = this.#status(job);
    if (hasEnded(status.state) || job.metadata?.annotations?.[cancelledAnnotation] !== undefined) return status;
    return this.#status(await this.#endEarly(name, { [cancelledAnnotation]: new Date().toISOString() }, 'cancelling'));
  }

  async *logs(name: string, options: LogOptions = {}): AsyncIterable<LogLine> {
    const index = options.index ?? 0;
    const kept = async () => (await this.#options.logs?.read(name, index)) ?? [];
    const job = await this.#find(name).catch(async (error: unknown) => {
      if (error instanceof JobNotFoundError && (await kept()).length > 0) return undefined; // it was removed after its time
      throw error;
    });
    if (job) assertIndex(index, job);
    yield* readPodLogs({
      log: new Log(this.#options.kubeConfig),
      namespace: this.#options.namespace,
      pods: () => this.#podsOf(name).filter((pod) => indexOfPod(pod) === index),
      kept,
      hasEnded: () => {
        const now = this.#jobs.get(name);
        return !now || this.#closed.signal.aborted || hasEnded(this.#status(now).tasks[index]!.state);
      },
      options: {
        ...options,
        signal: AbortSignal.any([this.#closed.signal, ...(options.signal ? [options.signal] : [])]),
      },
    });
  }

  async remove(name: string): Promise<void> {
    try {
      await this.#batch.deleteNamespacedJob({
        name,
        namespace: this.#options.namespace,
        propagationPolicy: 'Foreground',
      });
    } catch (error) {
      if (httpStatusOf(error) === 404) return;
      throw toClusterError(error, `removing the job ${name}`);
    }
    for await (const status of this.watch({ signal: this.#closed.signal }))
      if ((status.name === name && !status.present) || !this.#jobs.get(name)) return;
  }

  async close({ jobs = 'leave' }: CloseOptions = {}): Promise<void> {
    if (this.#closed.signal.aborted) return;
    if (jobs === 'stop') {
      const running = (await this.list()).filter(({ state }) => !hasEnded(state));
      for (const { name } of running) await this.cancel(name);
    }
    this.#closed.abort();
    this.#feed.close();
  }

  #podChanged(pod: V1Pod): void {
    const name = pod.metadata?.labels?.[jobNameLabel] ?? '';
    const job = this.#jobs.get(name);
    if (!job) return;
    this.#feed.publish(this.#status(job));
    const reason = pendingReason(pod);
    if (!reason?.hopeless || jobEnded(job)) return;
    const patience = (this.#options.hopelessSeconds ?? 120) * 1000;
    const left = Math.max(0, createdAt(pod) + patience - Date.now());
    setTimeout(
      () => void this.#giveUp(name, pod.metadata?.name ?? '').catch(this.#options.onProblem ?? (() => {})),
      left,
    ).unref();
  }

  /** Fails a job whose pod still cannot start; a sweep too, since all of its tasks share image and Secrets. */
  async #giveUp(name: string, podName: string): Promise<void> {
    const job = this.#jobs.get(name);
    const pod = this.#pods.get(podName);
    const reason = pod && pendingReason(pod);
    if (this.#closed.signal.aborted || !job || !reason?.hopeless || jobEnded(job)) return;
    if (job.metadata?.annotations?.[refusedAnnotation] !== undefined) return;
    await this.#endEarly(name, { [refusedAnnotation]: reason.words }, 'ending');
  }

  /** A deadline that has passed ends the Job with its record kept, its pods getting their grace time, also under Kueue. */
  async #endEarly(name: string, annotations: Record<string, string>, what: string): Promise<V1Job> {
    const body = { metadata: { annotations }, spec: { activeDeadlineSeconds: 1 } };
    try {
      const options = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
      const job = await this.#batch.patchNamespacedJob({ name, namespace: this.#options.namespace, body }, options);
      this.#jobs.put(job);
      return job;
    } catch (error) {
      if (httpStatusOf(error) === 404) throw new JobNotFoundError({ name });
      throw toClusterError(error, `${what} the job ${name}`);
    }
  }

  async #find(name: string): Promise<V1Job> {
    const known = this.#jobs.get(name);
    if (known) return known;
    try {
      const job = await this.#batch.readNamespacedJob({ name, namespace: this.#options.namespace });
      if (job.metadata?.labels?.[runnerLabel] !== this.#runner) throw new JobNotFoundError({ name });
      return job;
    } catch (error) {
      if (httpStatusOf(error) === 404) throw new JobNotFoundError({ name });
      throw toClusterError(error, `reading the job ${name}`);
    }
  }

  async #synced(): Promise<void> {
    const closed = Promise.withResolvers<void>();
    const onAbort = () => closed.resolve();
    this.#closed.signal.addEventListener('abort', onAbort, { once: true });
    await Promise.race([Promise.all([this.#jobs.synced, this.#pods.synced]), closed.promise]);
    this.#closed.signal.removeEventListener('abort', onAbort);
  }

  #podsOf(name: string): V1Pod[] {
    return this.#pods.list().filter((pod) => pod.metadata?.labels?.[jobNameLabel] === name);
  }

  #status(job: V1Job, present = true): JobStatus {
    return statusOfJob(job, this.#podsOf(job.metadata?.name ?? ''), present);
  }
}

function assertIndex(index: number, { spec }: V1Job): void {
  const count = spec?.completionMode === 'Indexed' ? (spec.completions ?? 1) : 1;
  if (!Number.isInteger(index) || index < 0 || index >= count)
    throw new InvalidValueError({ field: 'index of the task', expected: `0 to ${count - 1}`, actual: index });
}
