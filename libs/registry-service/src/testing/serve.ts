import { createArtifactStore, type ArtifactStore } from '@medlego/artifacts';
import { createMemoryDriver } from '@medlego/artifacts/testing';
import type { Authenticator } from '@medlego/access';
import { connectBus, type Bus } from '@medlego/bus';
import { RegistryDefinition, type RegistryClient } from '@medlego/contracts/rpc';
import { openRegistry, type Registry } from '@medlego/registry';
import { connectRpc, rpcService, startRpcServer, type RpcConnection } from '@medlego/rpc';
import { onTestFinished } from 'vitest';
import { createRegistryService, registryScopes } from '../index.ts';

export interface Served {
  readonly bus: Bus;
  readonly registry: Registry;
  readonly store: ArtifactStore;
  readonly rpc: RpcConnection;
  readonly client: RegistryClient;
  readonly connect: (token?: string) => Promise<RegistryClient>;
  readonly problems: unknown[];
}

export interface ServeOptions {
  readonly store?: ArtifactStore;
  readonly authenticator?: Authenticator;
  readonly maxBlobBytes?: number;
}

/** A Registry service on a real gRPC server, and a client of it; both end with the test. */
export async function serve(options: ServeOptions = {}): Promise<Served> {
  const { store = createArtifactStore({ driver: createMemoryDriver() }), authenticator, maxBlobBytes } = options;
  const bus = await connectBus({ kind: 'in-process', source: 'test' });
  const registry = await openRegistry({ kind: 'memory' });
  const problems: unknown[] = [];
  const service = createRegistryService({
    bus,
    registry,
    store,
    onProblem: (error) => problems.push(error),
    ...(maxBlobBytes !== undefined && { maxBlobBytes }),
  });
  const server = await startRpcServer({
    services: [rpcService(RegistryDefinition, service, { scopes: registryScopes })],
    onProblem: (error) => problems.push(error),
    ...(authenticator && { authenticator }),
  });
  const open: RpcConnection[] = [];
  const connectAs = async (token?: string) => {
    const rpc = await connectRpc({ address: server.address, ...(token !== undefined && { token }) });
    open.push(rpc);
    return rpc;
  };
  const rpc = await connectAs();
  onTestFinished(async () => {
    for (const connection of open) connection.close();
    await server.close(1000);
    await bus.close();
    await registry.close();
  });
  const connect = async (token?: string) => (await connectAs(token)).client(RegistryDefinition);
  return { bus, registry, store, rpc, client: rpc.client(RegistryDefinition), connect, problems };
}
