import { BrokerUnsupportedError, InvalidValueError } from '@medlego/errors';
import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { connect, credsAuthenticator, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node';
import { readFile } from 'node:fs/promises';
import { toBrokerError } from './errors.ts';

export interface NatsOptions {
  /** `nats://host:4222`, one or more of a cluster. */
  readonly servers: string | readonly string[];
  /** Name of this client in the server's lists. */
  readonly name: string;
  /** File with credentials (JWT and key). */
  readonly credentialsFile?: string;
  readonly token?: string;
  readonly user?: string;
  readonly password?: string;
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
  /** How long the first connection may take. Default: 10 s. Later ones are tried for ever. */
  readonly connectTimeoutMs?: number;
}

/** A connection whose server was found able to do what we need. */
export interface NatsClient {
  readonly connection: NatsConnection;
  readonly js: JetStreamClient;
  readonly manager: JetStreamManager;
  /** Where it is, without passwords. */
  readonly location: string;
}

/** How long one request waits for the server's answer. */
export const requestTimeoutMs = 5000;

/** Several filters on one consumer came with 2.10. */
export const oldestServer = [2, 10] as const;

/**
 * Connects, and checks the server's version and JetStream. Whoever calls closes `connection`.
 * @throws BrokerUnavailableError, BrokerUnsupportedError, InvalidValueError for a credentials file that cannot be read
 */
export async function connectNats(options: NatsOptions): Promise<NatsClient> {
  const servers = typeof options.servers === 'string' ? [options.servers] : [...options.servers];
  const location = servers.map((server) => server.replace(/\/\/[^@/]*@/, '//')).join(', ');
  let connection: NatsConnection;
  try {
    connection = await connect(await toConnectionOptions(options, servers));
  } catch (error) {
    throw toBrokerError(error, location, 'connecting');
  }
  try {
    assertVersion(connection.info?.version ?? 'unknown', location);
    if (!connection.info?.jetstream) throw withoutJetStream(location);
    const manager = await jetstreamManager(connection, { timeout: 10_000 }).catch((error: unknown) => {
      throw toBrokerError(error, location, 'asking for JetStream');
    });
    return { connection, js: jetstream(connection, { timeout: requestTimeoutMs }), manager, location };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function toConnectionOptions(options: NatsOptions, servers: string[]): Promise<ConnectionOptions> {
  const { name, credentialsFile, token, user, password, tls, connectTimeoutMs = 10_000 } = options;
  const credentials =
    credentialsFile === undefined
      ? undefined
      : await readFile(credentialsFile).catch((cause: unknown) => {
          throw new InvalidValueError(
            { field: 'credentialsFile', expected: 'a file that can be read', actual: credentialsFile },
            { cause },
          );
        });
  return {
    servers,
    name,
    timeout: connectTimeoutMs,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    pingInterval: 10_000,
    maxPingOut: 2,
    noAsyncTraces: true, // a stack for each request costs more than the request
    ...(credentials && { authenticator: credsAuthenticator(credentials) }),
    ...(token !== undefined && { token }),
    ...(user !== undefined && { user, pass: password }),
    ...(tls && { tls }),
  };
}

/** @throws BrokerUnsupportedError for a server that is too old */
export function assertVersion(version: string, server: string): void {
  const [major, minor] = version.split('.').map(Number);
  const [needMajor, needMinor] = oldestServer;
  const isEnough = major! > needMajor || (major === needMajor && minor! >= needMinor);
  if (!isEnough)
    throw new BrokerUnsupportedError({
      server,
      expected: `nats-server ${oldestServer.join('.')} or newer`,
      actual: version,
    });
}

const withoutJetStream = (server: string) =>
  new BrokerUnsupportedError({
    server,
    expected: 'a nats-server with JetStream (started with -js, or jetstream {} in its configuration)',
    actual: 'one without',
  });
