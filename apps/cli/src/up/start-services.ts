import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { openAccess, type Authenticator } from '@medlego/access';
import { openArtifactStore, readSigning, type ArtifactStore } from '@medlego/artifacts';
import { connectBus, type Bus } from '@medlego/bus';
import { createEvaluator, evaluateInJob, evaluationScopes } from '@medlego/evaluator';
import { createLocalJobRunner, type JobRunner } from '@medlego/jobs';
import { createMerger, mergingScopes } from '@medlego/merger';
import { openRegistry, type Registry } from '@medlego/registry';
import { createRegistryService, registryScopes } from '@medlego/registry-service';
import { rpcService, startRpcServer, type RpcServer, type ServerTls } from '@medlego/rpc';
import {
  EvaluationDefinition,
  MergingDefinition,
  RegistryDefinition,
  TrainingDefinition,
} from '@medlego/contracts/rpc';
import type { Logger } from '@medlego/telemetry';
import { createTrainer, trainingScopes } from '@medlego/trainer';
import { openJobDoor } from './job-door.ts';
import { jobCommand, jobTemplate } from './jobs.ts';

export interface UpOptions {
  /** State of all services; one process at a time. */
  readonly home: string;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly log: Logger;
  /** Default: everybody may do everything. */
  readonly authenticator?: Authenticator | undefined;
  readonly tls?: ServerTls | undefined;
  /** Cores that Jobs take together; default: all. */
  readonly jobCores?: number | undefined;
  readonly threads?: number | undefined;
  readonly device: 'cpu' | 'cuda';
  /** Folders that hold backbones which are not in the store. */
  readonly modelFolders: readonly string[];
}

export interface Services extends AsyncDisposable {
  readonly rpc: RpcServer;
  readonly bus: Bus;
  readonly registry: Registry;
  readonly store: ArtifactStore;
  readonly jobs: JobRunner;
  /** Streams end, answers are waited for, Jobs checkpoint and go on with the next start. */
  close(): Promise<void>;
}

/**
 * Trainer, merger, evaluator and registry in this process, on an embedded bus with a journal, a store on disk, and Jobs as child processes.
 * What was acknowledged is there again after a crash.
 * @throws FileAccessError if another process has this home; InvalidValueError for a port that is taken
 */
export async function startServices(options: UpOptions): Promise<Services> {
  const { home, host, port, log, tls } = options;
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    isClosing = true;
    for (const closeOne of closers.splice(0).reverse()) await closeOne();
  };
  let isClosing = false;
  const onProblem = (error: unknown, about?: unknown) => {
    if (!isClosing) log.warn({ error, about }, 'tried again');
  };
  try {
    const bus = await connectBus({ kind: 'in-process', source: 'medlego/up', folder: join(home, 'bus') });
    closers.push(() => bus.close());
    const registry = await openRegistry({ kind: 'memory', folder: join(home, 'registry') });
    closers.push(() => registry.close());
    const store = await openArtifactStore({ root: home, signing: await readSigning(process.env) });
    const door = await openJobDoor(home);
    const cores = options.jobCores ?? availableParallelism();
    const jobs = await createLocalJobRunner({
      folder: join(home, 'jobs'),
      cores,
      memoryMb: Math.floor(totalmem() / 2 ** 20),
      command: jobCommand(door),
    });
    const job = jobTemplate({ home, threads: options.threads, device: options.device, cores });
    const shared = { bus, registry, store };
    const trainer = createTrainer({ ...shared, jobs, job, onProblem });
    closers.push(() => trainer.close());
    const merger = createMerger({ ...shared, modelFolders: options.modelFolders, onProblem });
    closers.push(() => merger.close());
    const evaluate = evaluateInJob({ jobs, job });
    const evaluator = createEvaluator({ ...shared, evaluate, onProblem });
    closers.push(() => evaluator.close());
    const services = [
      rpcService(TrainingDefinition, trainer.service, { scopes: trainingScopes }),
      rpcService(MergingDefinition, merger.service, { scopes: mergingScopes }),
      rpcService(EvaluationDefinition, evaluator.service, { scopes: evaluationScopes }),
      rpcService(RegistryDefinition, createRegistryService(shared), { scopes: registryScopes }),
    ];
    const onBug = (error: unknown, path: string) => log.error({ error, path }, 'a bug');
    const authenticator = options.authenticator ?? openAccess;
    const rpc = await startRpcServer({
      ...{ host, port, services, authenticator, reflection: true, onProblem: onBug },
      ...(tls && { tls }),
    });
    closers.push(() => rpc.close());
    const forJobs = await startRpcServer({
      port: door.port,
      services,
      authenticator: door.authenticator,
      onProblem: onBug,
    });
    closers.push(() => forJobs.close());
    trainer.start();
    merger.start();
    evaluator.start();
    closers.push(() => jobs.close({ jobs: 'stop' })); // first of all: they tell the services how far they came
    return { rpc, bus, registry, store, jobs, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}
