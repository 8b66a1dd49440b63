import { availableParallelism, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { InvalidValueError } from '@medlego/errors';
import {
  createLocalJobRunner,
  type JobResources,
  type JobRunner,
  type JobSpec,
  type LocalCommand,
  type LogArchive,
} from '@medlego/jobs';
import type { ServiceConfig } from './config.ts';

export interface OpenJobsOptions {
  readonly config: ServiceConfig;
  /** The program of a Job where it is a child process. */
  readonly command: (spec: JobSpec) => LocalCommand;
  readonly onProblem: (error: unknown) => void;
  /** Where a cluster's Jobs leave their logs; those of child processes are files. */
  readonly logs?: LogArchive;
}

/** Where Jobs run, and what each of them gets. */
export interface OpenedJobs {
  readonly jobs: JobRunner;
  readonly job: {
    readonly env: Readonly<Record<string, string>>;
    readonly resources: JobResources;
    readonly graceSeconds: number;
    readonly maxAttempts: number;
  };
}

/**
 * Child processes of this machine, or Jobs of the cluster that this process is in, or that `KUBECONFIG` names.
 * @throws InvalidValueError for a template that is missing or wrong
 */
export async function openJobs({ config, command, onProblem, logs }: OpenJobsOptions): Promise<OpenedJobs> {
  if (config.MEDLEGO_JOBS === 'local') return openLocal(config, command);
  const file = config.MEDLEGO_JOB_TEMPLATE;
  if (file === undefined)
    throw new InvalidValueError({
      field: 'MEDLEGO_JOB_TEMPLATE',
      expected: 'a JSON file that says what Jobs are (the chart writes one)',
      actual: 'nothing',
    });
  const { KubeConfig } = await import('@kubernetes/client-node');
  const { createKubernetesJobRunner, readJobTemplate } = await import('@medlego/jobs/kubernetes');
  const { kubernetes: template, ...job } = await readJobTemplate(file);
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  const context = kubeConfig.getContextObject(kubeConfig.getCurrentContext());
  const namespace = config.MEDLEGO_NAMESPACE ?? context?.namespace ?? 'default';
  const runner = config.MEDLEGO_JOB_RUNNER;
  const jobs = createKubernetesJobRunner({
    ...{ kubeConfig, namespace, template, onProblem },
    ...(runner !== undefined && { runner }),
    ...(logs && { logs }),
  });
  return { jobs, job: { ...job, env: {} } };
}

async function openLocal(config: ServiceConfig, command: OpenJobsOptions['command']): Promise<OpenedJobs> {
  const home = resolve(config.MEDLEGO_HOME);
  const address = config.MEDLEGO_JOB_ADDRESS ?? `127.0.0.1:${config.MEDLEGO_RPC_PORT}`;
  const jobs = await createLocalJobRunner({
    folder: join(home, 'jobs'),
    cores: availableParallelism(),
    memoryMb: Math.floor(totalmem() / 2 ** 20),
    command,
  });
  const { MEDLEGO_TLS_CERT: cert, MEDLEGO_TLS_CA: ca, MEDLEGO_TLS_KEY: key, MEDLEGO_JOB_TOKEN: token } = config;
  const { MEDLEGO_DEVICE: device, MEDLEGO_THREADS: threads } = config;
  const env = {
    ...(device !== undefined && { MEDLEGO_DEVICE: device }),
    ...(threads !== undefined && { MEDLEGO_THREADS: String(threads) }),
    MEDLEGO_HOME: home,
    MEDLEGO_ADDRESS: address,
    MEDLEGO_STORE: config.MEDLEGO_STORE === 'nats' ? 'service' : config.MEDLEGO_STORE,
    ...(token !== undefined && { MEDLEGO_TOKEN: token }),
    ...(cert !== undefined && { MEDLEGO_TLS_CA: cert }),
    ...(ca !== undefined && cert !== undefined && { MEDLEGO_TLS_CERT: cert }),
    ...(ca !== undefined && key !== undefined && { MEDLEGO_TLS_KEY: key }),
  };
  return { jobs, job: { env, resources: { cores: 1, memoryMb: 2048, gpus: 0 }, graceSeconds: 60, maxAttempts: 3 } };
}
