import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openArtifactStore, type ArtifactStore } from '@medlego/artifacts';
import { connectBus } from '@medlego/bus';
import { RegistryDefinition, type Run, type TrainingClient, TrainingDefinition } from '@medlego/contracts/rpc';
import { createLocalJobRunner } from '@medlego/jobs';
import { openRegistry, type Registry } from '@medlego/registry';
import { createRegistryService, registryScopes } from '@medlego/registry-service';
import { connectRpc, rpcService, startRpcServer } from '@medlego/rpc';
import { temporaryFolder } from '@medlego/testing';
import { storeBackbone, storeDataset } from '@medlego/workflows';
import { tinyBackbone, tinyData } from '@medlego/workflows/testing';
import { expect, onTestFinished } from 'vitest';
import { trainingScopes } from '../scopes.ts';
import { createTrainer, type Trainer } from '../trainer.ts';

/** The program of the Jobs. */
export const program = fileURLToPath(new URL('../main.ts', import.meta.url));

export interface TrainingPlatform {
  readonly folder: string;
  readonly store: ArtifactStore;
  readonly registry: Registry;
  readonly trainer: Trainer;
  readonly training: TrainingClient;
  /** The services go away; the function that is given brings them back at the same address. */
  readonly goAway: () => Promise<() => Promise<void>>;
  /** What a Job gets, with `home` as its own folder. */
  readonly jobEnv: (home?: string) => Record<string, string>;
  /** The first state of a run for which this holds. */
  readonly until: (id: string, isThere: (run: Run) => boolean) => Promise<Run>;
  /** The first line of a run's log that matches. */
  readonly logged: (id: string, pattern: RegExp) => Promise<RegExpExecArray>;
}

/** A trainer over real parts, whose Jobs train for real on a tiny transformer; `blood` and the backbone `tiny` are in the store. */
export async function openTrainingPlatform(): Promise<TrainingPlatform> {
  const folder = temporaryFolder();
  const root = join(folder, 'store');
  const store = await openArtifactStore({ root });
  await storeBackbone(store, { ...tinyBackbone(), origin: 'random numbers' });
  await storeDataset(store, tinyData('blood'));
  const bus = await connectBus({ kind: 'in-process', source: 'test' });
  const registry = await openRegistry({ kind: 'memory' });
  const jobs = await createLocalJobRunner({
    folder: join(folder, 'jobs'),
    cores: 2,
    memoryMb: 4096,
    retryDelayMs: 20,
    command: ({ args }) => ({ file: process.execPath, args: [program, ...args] }),
  });
  const env: Record<string, string> = {};
  const problems: unknown[] = [];
  const resources = { cores: 1, memoryMb: 512, gpus: 0 };
  const trainer = createTrainer({
    bus,
    registry,
    store,
    jobs,
    job: { env, resources, graceSeconds: 30, maxAttempts: 3 },
    onProblem: (error) => problems.push(error),
  });
  const serve = (port?: number) =>
    startRpcServer({
      services: [
        rpcService(TrainingDefinition, trainer.service, { scopes: trainingScopes }),
        rpcService(RegistryDefinition, createRegistryService({ bus, registry, store }), { scopes: registryScopes }),
      ],
      ...(port !== undefined && { port }),
      onProblem: (error) => problems.push(error),
    });
  let server = await serve();
  const jobEnv = (home = join(folder, 'home')) => ({
    MEDLEGO_ADDRESS: server.address,
    MEDLEGO_STORE: root,
    MEDLEGO_HOME: home,
    MEDLEGO_THREADS: '1',
  });
  Object.assign(env, jobEnv());
  const rpc = await connectRpc({ address: server.address });
  const training = rpc.client(TrainingDefinition);
  onTestFinished(async () => {
    await trainer.close();
    await jobs.close({ jobs: 'stop' });
    rpc.close();
    await server.close(100);
    await bus.close();
    await registry.close();
    expect(problems).toEqual([]);
  });
  return {
    folder,
    store,
    registry,
    trainer,
    training,
    jobEnv,
    async goAway() {
      const { port } = server;
      await server.close(0);
      return async () => void (server = await serve(port));
    },
    async until(id, isThere) {
      for await (const { run } of training.watchTrainings({ filter: { ids: [id] } })) if (isThere(run!)) return run!;
      throw new Error('the watch ended');
    },
    async logged(id, pattern) {
      for await (const { text } of training.watchTrainingLogs({ id, follow: true })) {
        const match = pattern.exec(text);
        if (match) return match;
      }
      throw new Error(`the log ended without ${pattern}`);
    },
  };
}
