import { promisify } from 'node:util';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { Registry } from '@medlego/registry';
import { createHttp } from './http/create-http.ts';
import { inferenceHandlers, inferenceService } from './grpc/inference-service.ts';
import { defaultInputLimits, type InputLimits } from './inputs/tensor.ts';
import { followNames } from './models/follow-names.ts';
import { ModelHost, type ModelHostOptions } from './models/model-host.ts';

export interface GatewayOptions extends ModelHostOptions {
  /** Names of specialists and generalists in the store. */
  readonly models: readonly string[];
  /** Default: 127.0.0.1, this machine only. */
  readonly host?: string;
  /** 0 (default): any free port. */
  readonly port?: number;
  readonly grpcPort?: number;
  readonly limits?: Partial<InputLimits>;
  /** Of a REST body or gRPC message; default 64 MiB. */
  readonly maxBodyBytes?: number;
  /** Allows load, unload and rollback to whoever sends it as bearer token; without it nobody may. */
  readonly adminToken?: string;
  readonly consoleFolder?: string;
  /** Whose runs the console shows; the caller closes it. */
  readonly registry?: Registry;
  readonly log?: boolean;
  /** How often the store is asked whether names have moved on; default 2000. */
  readonly followEveryMs?: number;
}

export interface Gateway {
  readonly models: ModelHost;
  readonly http: { readonly port: number };
  readonly grpc: { readonly port: number };
  /** Takes no new requests, answers those that wait (for at most `graceMs`, default 10 s), and frees everything. */
  close(graceMs?: number): Promise<void>;
}

/**
 * Serves models of a store over REST and gRPC. Health answers from the start; resolves when all models are ready.
 * @throws errors of the first model that does not load, and of ports that are taken; nothing stays open then
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { host = '127.0.0.1', port = 0, grpcPort = 0, maxBodyBytes = 64 * 1024 ** 2 } = options;
  const limits = { ...defaultInputLimits, ...options.limits };
  const models = new ModelHost(options);
  const following = new AbortController();
  const http = await createHttp(models, { ...options, limits, maxBodyBytes });
  const grpc = new Server({
    'grpc.max_receive_message_length': maxBodyBytes,
    'grpc.max_send_message_length': maxBodyBytes,
  });
  grpc.addService(inferenceService, inferenceHandlers(models, limits));

  const close = async (graceMs = 10_000): Promise<void> => {
    following.abort();
    const forced = setTimeout(() => {
      grpc.forceShutdown();
      void models.close(); // answers that are still missing fail
    }, graceMs);
    await models.drain();
    await http.close();
    await promisify(grpc.tryShutdown.bind(grpc))().catch(() => undefined); // was never started
    clearTimeout(forced);
    await models.close();
  };
  try {
    await http.listen({ host, port });
    const boundGrpc = await promisify<string, ServerCredentials, number>(grpc.bindAsync.bind(grpc))(
      `${host}:${grpcPort}`,
      ServerCredentials.createInsecure(),
    );
    await Promise.all(options.models.map((name) => models.load(name)));
    void followNames(models, {
      clock: models.clock,
      everyMs: options.followEveryMs ?? 2000,
      signal: following.signal,
    });
    const address = http.server.address();
    return {
      models,
      http: { port: typeof address === 'object' && address ? address.port : port },
      grpc: { port: boundGrpc },
      close,
    };
  } catch (error) {
    await close(0);
    throw error;
  }
}
