import { ChannelCredentials } from '@grpc/grpc-js';
import { InvalidValueError } from '@medlego/errors';
import { createChannel, createClientFactory, Metadata, type Client, type CompatServiceDefinition } from 'nice-grpc';
import { readPem } from '../server/credentials.ts';
import { handOverTrace } from './hand-over-trace.ts';
import { retryCalls } from './retry-calls.ts';
import { translateFailures } from './translate-failures.ts';

/** Files in PEM. */
export interface ClientTls {
  /** Who signed the server's certificate; default: the authorities that Node knows. */
  readonly ca?: string;
  /** Certificate and key of this client, for servers that ask for one. */
  readonly cert?: string;
  readonly key?: string;
}

export interface RpcClientOptions {
  /** `host:port`; `https://host:port` or `tls` encrypts. */
  readonly address: string;
  /** Sent as bearer token with each call. */
  readonly token?: string;
  readonly tls?: ClientTls;
  /** Of calls that have one answer, repetitions included; default 30,000. */
  readonly deadlineMs?: number;
  /** Calls in all while the service cannot be reached; default 8, which is about ten seconds. */
  readonly attempts?: number;
  readonly maxMessageBytes?: number;
}

/** A connection to services; it is made with the first call and again whenever it was lost. */
export interface RpcConnection extends Disposable {
  readonly address: string;
  /** Methods throw AppErrors: the server's own, or what the transport met. */
  client<D extends CompatServiceDefinition>(definition: D): Client<D>;
  close(): void;
}

/** @throws InvalidValueError for an address or file that is none */
export async function connectRpc(options: RpcClientOptions): Promise<RpcConnection> {
  const { address, token, tls, deadlineMs = 30_000, attempts = 8, maxMessageBytes = 8 * 1024 ** 2 } = options;
  if (!/^(https?:\/\/)?(\[[0-9a-f:]+\]|[\w.-]+):\d{1,5}$/i.test(address))
    throw new InvalidValueError({ field: 'address', expected: 'host:port', actual: address });
  const isEncrypted = tls !== undefined || /^https:/i.test(address);
  const channel = createChannel(address, isEncrypted ? await secure(tls ?? {}) : ChannelCredentials.createInsecure(), {
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc.keepalive_time_ms': 60_000,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 5_000,
  });
  const factory = createClientFactory()
    .use(handOverTrace)
    .use(translateFailures(address)) // the first of all is called last
    .use(retryCalls({ deadlineMs, attempts }));
  const metadata = token === undefined ? undefined : Metadata({ authorization: `Bearer ${token}` });
  const close = () => channel.close();
  return {
    address,
    client: (definition) => factory.create(definition, channel, metadata ? { '*': { metadata } } : undefined),
    close,
    [Symbol.dispose]: close,
  };
}

async function secure({ ca, cert, key }: ClientTls): Promise<ChannelCredentials> {
  if ((cert === undefined) !== (key === undefined))
    throw new InvalidValueError({ field: 'tls', expected: 'cert and key together', actual: cert ? 'cert' : 'key' });
  const read = (field: string, path: string | undefined) => (path === undefined ? null : readPem(field, path));
  return ChannelCredentials.createSsl(
    await read('tls.ca', ca),
    await read('tls.key', key),
    await read('tls.cert', cert),
  );
}
