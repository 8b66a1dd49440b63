import { setTimeout as sleep } from 'node:timers/promises';
import { assertGuarded, openAuthenticator } from '@medlego/access';
import { describeError, exitCodeOf } from '@medlego/errors';
import { startRpcServer, type RpcService } from '@medlego/rpc';
import { createLogger, record, type Logger } from '@medlego/telemetry';
import { startTelemetry } from '@medlego/telemetry/sdk';
import { listenForAdmins } from './admin-listener.ts';
import { readServiceConfig, type ServiceConfig } from './config.ts';
import { openPlatform, type Platform } from './open-platform.ts';

/** What an app adds to the platform. */
export interface ServedApp {
  readonly services: readonly RpcService[];
  /** Begins to follow events and runs, once calls can be answered. */
  start(): void | Promise<void>;
  close(): Promise<void>;
}

export interface AppContext extends Platform {
  readonly config: ServiceConfig;
  readonly log: Logger;
  /** For what failed in the background and is tried again. */
  readonly onProblem: (error: unknown, about?: unknown) => void;
}

export interface ServeOptions {
  /** `trainer` */
  readonly app: string;
  readonly build: (context: AppContext) => Promise<ServedApp>;
  readonly env?: NodeJS.ProcessEnv;
  /** Ends the service; default: SIGTERM and SIGINT. */
  readonly signal?: AbortSignal;
}

/**
 * The life of a service: settings, telemetry, platform, app, gRPC and admin listeners; then, at SIGTERM, in reverse: not ready, streams ended,
 * answers waited for, events given back.
 * @returns the exit code of the process
 */
export async function serveApp({
  app,
  build,
  env = process.env,
  signal = stopSignal(),
}: ServeOptions): Promise<number> {
  const log = createLogger({ service: `medlego-${app}`, level: env['MEDLEGO_LOG_LEVEL'] });
  const closers: (() => unknown)[] = [];
  try {
    const config = readServiceConfig(env);
    const telemetry = await startTelemetry({ service: `medlego-${app}`, env });
    closers.push(() => telemetry.shutdown());
    const { MEDLEGO_TLS_CERT: cert, MEDLEGO_TLS_KEY: key, MEDLEGO_TLS_CA: ca } = config;
    const authenticator = await openAuthenticator({
      ...(config.MEDLEGO_TOKENS_FILE && { tokensFile: config.MEDLEGO_TOKENS_FILE }),
      ...(config.MEDLEGO_OIDC_ISSUER && { oidcIssuer: config.MEDLEGO_OIDC_ISSUER }),
      ...(config.MEDLEGO_OIDC_AUDIENCE && { oidcAudience: config.MEDLEGO_OIDC_AUDIENCE }),
    });
    closers.push(() => authenticator?.close?.());
    assertGuarded(
      config.MEDLEGO_RPC_HOST,
      authenticator !== undefined || config.MEDLEGO_INSECURE,
      'MEDLEGO_TOKENS_FILE or MEDLEGO_OIDC_ISSUER, or MEDLEGO_INSECURE=true to let everyone in',
    );

    const problems = new Set<string>(['starting']);
    const admin = await listenForAdmins({
      host: config.MEDLEGO_ADMIN_HOST,
      port: config.MEDLEGO_ADMIN_PORT,
      problems: () => [...problems],
      answerMetrics: telemetry.answerMetrics,
    });
    closers.push(() => admin.close());

    const platform = await openPlatform(config, app, env);
    closers.push(() => platform.close());
    const onProblem = (error: unknown, about?: unknown) =>
      signal.aborted ? log.debug({ error, about }, 'while closing') : log.warn({ error, about }, 'tried again');
    const built = await build({ ...platform, config, log, onProblem });
    closers.push(() => built.close());
    const rpc = await startRpcServer({
      host: config.MEDLEGO_RPC_HOST,
      port: config.MEDLEGO_RPC_PORT,
      services: built.services,
      reflection: config.MEDLEGO_REFLECTION,
      onProblem: (error, path) => log.error({ error, path }, 'a bug'),
      ...(authenticator && { authenticator }),
      ...(cert !== undefined && key !== undefined && { tls: { cert, key, ...(ca !== undefined && { ca }) } }),
    });
    closers.push(() => rpc.close(config.MEDLEGO_GRACE_SECONDS * 1000));

    const followBroker = (status: string) => {
      const isThere = status === 'connected';
      record('brokerConnected', isThere ? 1 : 0, {});
      rpc.setServing(isThere);
      if (isThere) problems.delete('the broker does not answer');
      else problems.add('the broker does not answer');
    };
    closers.push(platform.bus.onStatus(followBroker));
    await built.start();
    followBroker(platform.bus.status());
    problems.delete('starting');
    log.info(
      { rpc: rpc.address, admin: admin.port, broker: platform.bus.location, store: config.MEDLEGO_STORE },
      'serving',
    );

    await aborted(signal);
    problems.add('shutting down');
    log.info('shutting down');
    return 0;
  } catch (error) {
    log.fatal({ error }, describeError(error));
    return exitCodeOf(error);
  } finally {
    for (const close of closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        log.warn({ error }, 'while closing');
      }
    }
    await sleep(0); // log lines that are on their way
  }
}

function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  return stop.signal;
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
