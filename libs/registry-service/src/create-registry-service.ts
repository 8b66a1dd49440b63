import type { ArtifactStore } from '@medlego/artifacts';
import type { Bus } from '@medlego/bus';
import type { RegistryServiceImplementation } from '@medlego/contracts/rpc';
import type { Registry } from '@medlego/registry';
import { artifactHandlers } from './handlers/artifacts.ts';
import { blobHandlers } from './handlers/blobs.ts';
import { deadLetterHandlers } from './handlers/dead-letters.ts';
import { nameHandlers } from './handlers/names.ts';
import { runHandlers } from './handlers/runs.ts';
import { storedNameHandlers } from './handlers/stored-names.ts';
import { upkeepHandlers } from './handlers/upkeep.ts';

export interface RegistryServiceOptions {
  readonly bus: Bus;
  readonly registry: Registry;
  readonly store: ArtifactStore;
  /** Largest file of an artifact that is taken. Default: 16 GiB. */
  readonly maxBlobBytes?: number;
  /** Told of manifests that a listing passed over because they are damaged. */
  readonly onProblem?: (error: unknown) => void;
}

/**
 * Artifacts, names, runs and dead letters over gRPC; serve it with `registryScopes`. Methods throw AppErrors; the server makes statuses of
 * them. Bus, registry and store are the caller's, who closes them.
 */
export const createRegistryService = (options: RegistryServiceOptions): RegistryServiceImplementation => ({
  ...artifactHandlers(options),
  ...blobHandlers(options),
  ...storedNameHandlers(options),
  ...upkeepHandlers(options),
  ...nameHandlers(options),
  ...runHandlers(options),
  ...deadLetterHandlers(options),
});
