import { join } from 'node:path';
import { createArtifactStore, readSigning, type ArtifactStore, type SigningOptions } from '@medlego/artifacts';
import { connectBus, type Bus } from '@medlego/bus';
import { InvalidValueError } from '@medlego/errors';
import { openStoreAt } from '@medlego/job-program';
import { openRegistry, type Registry } from '@medlego/registry';
import type { ServiceConfig } from './config.ts';

/** What services stand on. */
export interface Platform {
  readonly bus: Bus;
  readonly registry: Registry;
  readonly store: ArtifactStore;
  close(): Promise<void>;
}

/**
 * Opens bus, registry and store on the broker that the settings name.
 * @param app who publishes
 * @throws InvalidValueError without a broker: services in several processes need one
 */
export async function openPlatform(config: ServiceConfig, app: string, env = process.env): Promise<Platform> {
  const { MEDLEGO_NATS_URL: url, MEDLEGO_NATS_REPLICAS: replicas } = config;
  const { MEDLEGO_NATS_CREDENTIALS: credentialsFile, MEDLEGO_NATS_TOKEN: token } = config;
  if (url === undefined)
    throw new InvalidValueError({
      field: 'MEDLEGO_NATS_URL',
      expected: 'nats://host:4222 (one process that needs no broker is `medlego up`)',
      actual: 'nothing',
    });
  const nats = {
    servers: url.split(',').map((server) => server.trim()),
    name: `medlego-${app}`,
    ...(credentialsFile !== undefined && { credentialsFile }),
    ...(token !== undefined && { token }),
    ...(replicas !== undefined && { replicas }),
  };
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closeOne of closers.splice(0).reverse()) await closeOne();
  };
  try {
    const bus = await connectBus({ kind: 'nats', ...nats, source: `medlego/${app}` });
    closers.push(() => bus.close());
    const registry = await openRegistry({ kind: 'nats', ...nats });
    closers.push(() => registry.close());
    const opened =
      config.MEDLEGO_STORE === 'nats'
        ? await openNatsStore(nats, await readSigning(env))
        : await openOther(config, env);
    closers.push(() => opened.close());
    return { bus, registry, store: opened.store, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openNatsStore(
  nats: {
    readonly servers: readonly string[];
    readonly name: string;
    readonly replicas?: number;
  },
  signing: SigningOptions,
) {
  const { connectNats } = await import('@medlego/bus/nats');
  const { openObjectStoreDriver } = await import('@medlego/artifacts/object-store');
  const client = await connectNats(nats);
  const { replicas } = nats;
  const driver = await openObjectStoreDriver({ js: client.js, ...(replicas !== undefined && { replicas }) });
  return { store: createArtifactStore({ driver, signing }), close: () => client.connection.close() };
}

const openOther = ({ MEDLEGO_STORE: where, MEDLEGO_HOME: home }: ServiceConfig, env: NodeJS.ProcessEnv) => {
  if (where === 'service')
    throw new InvalidValueError({
      field: 'MEDLEGO_STORE',
      expected: 'nats, a folder or s3://bucket/prefix',
      actual: where,
    });
  return openStoreAt(where, undefined, { env, cache: join(home, 'cache', 'blobs') });
};
