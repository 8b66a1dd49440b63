import type { ArtifactStore } from '@medlego/artifacts';
import { connectBus } from '@medlego/bus';
import { RegistryDefinition, type RegistryClient } from '@medlego/contracts/rpc';
import { openRegistry, type Registry } from '@medlego/registry';
import { createRegistryService, registryScopes } from '@medlego/registry-service';
import { connectRpc, rpcService, startRpcServer } from '@medlego/rpc';

/** A Registry service over gRPC in this process, which is what a figure of it includes. */
export async function withRegistry<T>(
  store: ArtifactStore,
  use: (client: RegistryClient, registry: Registry) => Promise<T>,
): Promise<T> {
  const bus = await connectBus({ kind: 'in-process', source: 'bench' });
  const registry = await openRegistry({ kind: 'memory' });
  const service = createRegistryService({ bus, registry, store });
  const server = await startRpcServer({
    services: [rpcService(RegistryDefinition, service, { scopes: registryScopes })],
  });
  const rpc = await connectRpc({ address: server.address });
  try {
    return await use(rpc.client(RegistryDefinition), registry);
  } finally {
    rpc.close();
    await server.close(1000);
    await registry.close();
    await bus.close();
  }
}
