import { setTimeout as sleep } from 'node:timers/promises';
import type { Authenticator } from '@medlego/access';
import { InvalidValueError } from '@medlego/errors';
import { createServer, type Server } from 'nice-grpc';
import { HealthDefinition, HealthServiceImpl, HealthState } from 'nice-grpc-server-health';
import { fullNameOf, type RpcService } from '../service.ts';
import { authenticateCalls } from './caller.ts';
import { serverCredentials, type ServerTls } from './credentials.ts';
import { endStreams } from './drain.ts';
import { traceCalls } from './trace-calls.ts';
import { translateErrors } from './translate-errors.ts';

export interface RpcServerOptions {
  readonly services: readonly RpcService[];
  /** Default: 127.0.0.1, this machine only. */
  readonly host?: string;
  /** 0 (default): any free port. */
  readonly port?: number;
  /** Default: everybody may do everything. */
  readonly authenticator?: Authenticator;
  readonly tls?: ServerTls;
  /** Lets tools such as grpcurl ask what there is. Default: false. */
  readonly reflection?: boolean;
  /** Of one message; default 8 MiB. Images and tensors travel in pieces. */
  readonly maxMessageBytes?: number;
  /** Told of what is not an AppError: a bug, which clients see as "Internal error". */
  readonly onProblem?: (error: unknown, path: string) => void;
}

export interface RpcServer extends AsyncDisposable {
  /** `host:port`, for `connectRpc`. */
  readonly address: string;
  readonly port: number;
  /** What `grpc.health.v1` says of the server and each of its services. It serves from the start. */
  setServing(isServing: boolean): void;
  /** Says that it no longer serves, ends streams, waits for single answers for at most `graceMs` (default 10,000) and closes. */
  close(graceMs?: number): Promise<void>;
}

/** @throws InvalidValueError for an address that cannot be had; as `serverCredentials` */
export async function startRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const { services, host = '127.0.0.1', port = 0, maxMessageBytes = 8 * 1024 ** 2, onProblem = () => {} } = options;
  const draining = new AbortController();
  const server = createServer({
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc.keepalive_time_ms': 60_000,
    'grpc.keepalive_permit_without_calls': 1,
  })
    .use(traceCalls())
    .use(translateErrors(onProblem))
    .use(endStreams(draining.signal))
    .use(authenticateCalls(services, options.authenticator));
  for (const { definition, implementation } of services) server.add(definition, implementation);

  const names = services.map(({ definition }) => fullNameOf(definition));
  const health = HealthState();
  server.add(HealthDefinition, HealthServiceImpl(health));
  if (options.reflection) await addReflection(server, names);
  const setServing = (isServing: boolean) => {
    for (const name of ['', ...names]) health.setStatus(isServing ? 'healthy' : 'unhealthy', name);
  };

  const credentials = await serverCredentials(options.tls);
  const bound = await server.listen(`${host}:${port}`, credentials).catch((error: unknown) => {
    const actual = error instanceof Error ? error.message : String(error);
    throw new InvalidValueError({ field: 'port', expected: `${host}:${port} to be free`, actual }, { cause: error });
  });
  setServing(true);

  let closed: Promise<void> | undefined;
  const close = (graceMs = 10_000): Promise<void> =>
    (closed ??= (async () => {
      setServing(false);
      draining.abort();
      const answered = new AbortController();
      const late = sleep(graceMs, undefined, { signal: answered.signal, ref: false }).then(
        () => server.forceShutdown(),
        () => undefined,
      );
      await Promise.race([server.shutdown(), late]);
      answered.abort();
    })());
  const closeNow = () => close();
  return { address: `${host}:${bound}`, port: bound, setServing, close, [Symbol.asyncDispose]: closeNow };
}

/** Loaded only where it is wanted: it brings a second protobuf library along, and 10 MB. */
async function addReflection(server: Server, names: string[]): Promise<void> {
  const { descriptorSet } = await import('@medlego/contracts/descriptors');
  const { ServerReflection, ServerReflectionService } = await import('nice-grpc-server-reflection');
  server.add(ServerReflectionService, ServerReflection(await descriptorSet(), names));
}
