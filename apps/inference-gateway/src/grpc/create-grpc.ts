import { promisify } from 'node:util';
import { Server, type ServerCredentials } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { serverCredentials, type ServerTls } from '@medlego/rpc';
import { HealthImplementation, type ServingStatus } from 'grpc-health-check';
import { inferenceService, inferenceServiceName, packageDefinition } from './definition.ts';
import { inferenceHandlers, type InferenceOptions } from './inference-service.ts';

export interface GrpcOptions extends InferenceOptions {
  readonly maxBodyBytes: number;
  readonly tls?: ServerTls;
  /** Lets tools such as grpcurl ask what there is. */
  readonly reflection: boolean;
}

export interface GrpcSide {
  /** @returns the port @throws errors of TLS files; Error for an address that cannot be had */
  listen(address: string): Promise<number>;
  /** Answers calls under way, then closes. */
  close(): Promise<void>;
  /** Ends calls under way. */
  closeNow(): void;
}

/** How often `grpc.health.v1` is told what readiness is. */
const healthEveryMs = 250;

/** The gRPC side: inference, `grpc.health.v1` and reflection; not listening yet. */
export function createGrpc(options: GrpcOptions): GrpcSide {
  const server = new Server({
    'grpc.max_receive_message_length': options.maxBodyBytes,
    'grpc.max_send_message_length': options.maxBodyBytes,
  });
  server.addService(inferenceService, inferenceHandlers(options));
  if (options.reflection) new ReflectionService(packageDefinition).addToServer(server);

  const statusNow = (): ServingStatus => (options.notReady() === undefined ? 'SERVING' : 'NOT_SERVING');
  let status = statusNow();
  const health = new HealthImplementation({ '': status, [inferenceServiceName]: status });
  health.addToServer(server);
  const timer = setInterval(() => {
    if (statusNow() === status) return;
    status = statusNow();
    for (const name of ['', inferenceServiceName]) health.setStatus(name, status);
  }, healthEveryMs).unref();

  return {
    async listen(address) {
      const bind = promisify<string, ServerCredentials, number>(server.bindAsync.bind(server));
      return bind(address, await serverCredentials(options.tls));
    },
    async close() {
      clearInterval(timer);
      await promisify(server.tryShutdown.bind(server))().catch(() => undefined); // was never started
    },
    closeNow: () => server.forceShutdown(),
  };
}
