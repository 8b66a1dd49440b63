import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createArtifactStore, openArtifactStore, type ArtifactStore } from '@medlego/artifacts';
import { openObjectStoreDriver } from '@medlego/artifacts/object-store';
import { connectBus, type Bus } from '@medlego/bus';
import { connectNats } from '@medlego/bus/nats';
import {
  EvaluationDefinition,
  MergingDefinition,
  RegistryDefinition,
  TrainingDefinition,
} from '@medlego/contracts/rpc';
import { openRegistry, type Registry, type Run } from '@medlego/registry';
import { connectRpc } from '@medlego/rpc';
import { startNatsServer, temporaryFolder, type NatsServer, type NatsServerOptions } from '@medlego/testing';
import { expect, onTestFinished, vi } from 'vitest';
import { killJobs } from './job-processes.ts';
import { createService, type App, type Service } from './service.ts';

/** A broker, a store and services in processes of their own; all of it ends with the test. */
export interface Site {
  readonly folder: string;
  readonly broker: NatsServer;
  /** What the services store in, as this process sees it. */
  readonly store: ArtifactStore;
  readonly storeFolder: string;
  readonly bus: Bus;
  readonly registry: Registry;
  /** Starts a service; replicas have a number each. */
  serve(app: App, replica?: number, program?: string): Promise<Service>;
  /** Calls of the services, which wait while a service is away. */
  clients(services: { readonly [N in App]?: Service }): Promise<Clients>;
  /** Resolves when none of the runs is on its way any more. */
  allEnded(ids: readonly string[]): Promise<Run[]>;
  /** Resolves when the generalist has these versions, in whatever order, and no more: they follow the end of the runs. */
  hasVersions(name: string, digests: readonly (string | null)[]): Promise<void>;
}

export type Clients = Awaited<ReturnType<typeof connectAll>>;

export interface SiteOptions {
  /** What services store in: the site's folder (default) or the broker. */
  readonly store?: 'folder' | 'nats';
  readonly storeFolder?: string;
  readonly broker?: NatsServerOptions;
  readonly env?: Readonly<Record<string, string>>;
}

export async function openSite({ store: where = 'folder', env = {}, ...options }: SiteOptions = {}): Promise<Site> {
  const folder = temporaryFolder();
  const broker = await startNatsServer({ storeFolder: join(folder, 'broker'), ...options.broker });
  onTestFinished(() => broker.stop());
  const storeFolder = options.storeFolder ?? join(folder, 'store');
  const nats = { servers: broker.url, name: 'e2e' };
  const store = where === 'nats' ? await openNatsStore(nats) : await openArtifactStore({ root: storeFolder });
  const bus = await connectBus({ kind: 'nats', ...nats, source: 'e2e' });
  const registry = await openRegistry({ kind: 'nats', ...nats });
  onTestFinished(async () => {
    await registry.close();
    await bus.close();
  });
  const shared = {
    MEDLEGO_NATS_URL: broker.url,
    MEDLEGO_STORE: where === 'nats' ? 'nats' : storeFolder,
    MEDLEGO_THREADS: '1',
    MEDLEGO_REMOTE: '',
    ...env,
  };
  let trainer: Service | undefined;

  return {
    ...{ folder, broker, store, storeFolder, bus, registry },
    async serve(app, replica = 1, program) {
      const home = join(folder, `${app}-${replica}`);
      mkdirSync(home, { recursive: true });
      const service = await createService({
        app,
        home,
        ...(program !== undefined && { program }),
        env: { ...shared, ...(app === 'evaluator' && trainer && { MEDLEGO_JOB_ADDRESS: trainer.address }) },
      });
      if (app === 'trainer') trainer ??= service;
      onTestFinished(() => killJobs(home));
      await service.start();
      return service;
    },
    clients: connectAll,
    async allEnded(ids) {
      const missing = new Map(ids.map((id) => [id, undefined as Run | undefined]));
      const stop = new AbortController();
      for await (const run of registry.runs.watch({ ids }, { signal: stop.signal })) {
        missing.set(run.id, run);
        if ([...missing.values()].every((known) => known && endStates.has(known.state))) break;
      }
      return [...missing.values()] as Run[];
    },
    async hasVersions(name, digests) {
      await vi.waitFor(async () => {
        const { versions } = await registry.names.history('generalist', name);
        expect(versions.map(({ digest }) => digest).sort()).toEqual([...digests].sort());
      }, patience);
    },
  };
}

async function openNatsStore(nats: { readonly servers: string; readonly name: string }): Promise<ArtifactStore> {
  const { js, connection } = await connectNats(nats);
  onTestFinished(() => connection.close());
  return createArtifactStore({ driver: await openObjectStoreDriver({ js }) });
}

const patience = { timeout: 60_000, interval: 100 };

const endStates = new Set(['succeeded', 'failed', 'cancelled']);

async function connectAll(services: { readonly [N in App]?: Service }) {
  const open = async (app: App) => {
    const rpc = await connectRpc({
      address: services[app]?.address ?? '127.0.0.1:1',
      attempts: 100,
      deadlineMs: 90_000,
    });
    onTestFinished(() => void rpc.close());
    return rpc;
  };
  const [trainer, merger, evaluator] = [await open('trainer'), await open('merger'), await open('evaluator')];
  return {
    training: trainer.client(TrainingDefinition),
    registry: trainer.client(RegistryDefinition),
    merging: merger.client(MergingDefinition),
    evaluation: evaluator.client(EvaluationDefinition),
  };
}
