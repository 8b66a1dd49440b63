import { createArtifactStore, openArtifactStore, readSigning, type ArtifactStore } from '@medlego/artifacts';
import { InvalidValueError } from '@medlego/errors';
import type { RpcConnection } from '@medlego/rpc';
import type { Environment } from './job-environment.ts';

/** An artifact store and what keeps it connected. */
export interface OpenedStore {
  readonly store: ArtifactStore;
  close(): Promise<void>;
}

export interface OpenStoreAtOptions {
  /** Endpoint and region of S3 by the variables of the AWS SDK, whose credentials it finds by itself; keys by those of `readSigning`. */
  readonly env?: Environment;
  /** Folder of a cache of blobs, for `service`. */
  readonly cache?: string;
  /** The run whose results are put there: its service tells the others of them. */
  readonly run?: string;
}

/**
 * Opens the store that MEDLEGO_STORE names: `service` (through the services, over `rpc`), `s3://bucket/prefix`, or a folder.
 * @param rpc needed for `service`
 * @throws InvalidValueError, RemoteStoreError, errors of the services
 */
export async function openStoreAt(
  where: string,
  rpc: RpcConnection | undefined,
  { env = {}, cache, run }: OpenStoreAtOptions = {},
): Promise<OpenedStore> {
  const signing = await readSigning(env);
  if (where === 'service' && rpc) {
    const { openRemoteStore } = await import('@medlego/registry-service/remote-store');
    return { store: await openRemoteStore(rpc, { cacheFolder: cache, run, signing }), close: async () => {} };
  }
  if (where.startsWith('s3://')) {
    const { openS3Driver } = await import('@medlego/artifacts/s3');
    const driver = await openS3Driver(parseS3(where, env));
    return { store: createArtifactStore({ driver, signing }), close: async () => driver[Symbol.asyncDispose]() };
  }
  if (where === 'service' || /^[a-z][a-z0-9+.-]*:\/\//i.test(where))
    throw new InvalidValueError({
      field: 'MEDLEGO_STORE',
      expected: 'service, a folder or s3://bucket/prefix',
      actual: where,
    });
  return { store: await openArtifactStore({ root: where, signing }), close: async () => {} };
}

function parseS3(where: string, env: Environment) {
  const [, bucket, prefix] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*?))?\/?$/.exec(where) ?? [];
  if (bucket === undefined)
    throw new InvalidValueError({ field: 'MEDLEGO_STORE', expected: 's3://bucket/prefix', actual: where });
  const endpoint = env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'];
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'];
  return { bucket, ...(prefix && { prefix }), ...(endpoint && { endpoint }), ...(region && { region }) };
}
