import { once } from 'node:events';
import { openAuthenticator } from '@medlego/access';
import { describeError, exitCodeOf } from '@medlego/errors';
import { openPlatform, readServiceConfig } from '@medlego/service';
import { createLogger } from '@medlego/telemetry';
import { startTelemetry } from '@medlego/telemetry/sdk';
import { readGatewayConfig } from './config.ts';

/**
 * The life of a gateway process beside the other services: settings, platform, gateway; at SIGTERM in reverse.
 * @returns the exit code of the process
 */
export async function serveGateway(env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  const log = createLogger({ service: 'medlego-gateway', level: env['MEDLEGO_LOG_LEVEL'] });
  const closers: (() => unknown)[] = [];
  try {
    const shared = readServiceConfig(env);
    const own = readGatewayConfig(env);
    const {
      MEDLEGO_TLS_CERT: cert,
      MEDLEGO_TLS_KEY: key,
      MEDLEGO_TLS_CA: ca,
      MEDLEGO_RATE_LIMIT: requests,
    } = {
      ...shared,
      ...own,
    };
    const telemetry = await startTelemetry({ service: 'medlego-gateway', env });
    closers.push(() => telemetry.shutdown());
    const authenticator = await openAuthenticator({
      tokensFile: shared.MEDLEGO_TOKENS_FILE,
      oidcIssuer: shared.MEDLEGO_OIDC_ISSUER,
      oidcAudience: shared.MEDLEGO_OIDC_AUDIENCE,
    });
    closers.push(() => authenticator?.close?.());
    const { store, registry, close } = await openPlatform(shared, 'gateway', env);
    closers.push(close);
    const { createGateway } = await import('./gateway.ts'); // large: not before settings are known to be right
    const gateway = await createGateway({
      store,
      registry,
      models: own.MEDLEGO_MODELS,
      followPromoted: own.MEDLEGO_MODELS.length === 0,
      modelFolders: own.MEDLEGO_BACKBONES === undefined ? [] : [own.MEDLEGO_BACKBONES],
      consoleFolder: own.MEDLEGO_CONSOLE,
      threads: own.MEDLEGO_THREADS,
      host: shared.MEDLEGO_RPC_HOST,
      port: own.MEDLEGO_HTTP_PORT,
      grpcPort: shared.MEDLEGO_RPC_PORT,
      adminHost: shared.MEDLEGO_ADMIN_HOST,
      adminPort: shared.MEDLEGO_ADMIN_PORT,
      tls: cert === undefined || key === undefined ? undefined : { cert, key, ...(ca !== undefined && { ca }) },
      authenticator,
      processMetrics: () => telemetry.metricsText(),
      adminToken: own.MEDLEGO_ADMIN_TOKEN,
      insecure: shared.MEDLEGO_INSECURE,
      reflection: shared.MEDLEGO_REFLECTION,
      rateLimit: requests === undefined ? undefined : { requests },
      cors: own.MEDLEGO_CORS,
      auditLog: own.MEDLEGO_AUDIT_LOG === 'stdout' ? process.stdout : own.MEDLEGO_AUDIT_LOG,
    });
    closers.push(() => gateway.close(shared.MEDLEGO_GRACE_SECONDS * 1000));
    const { http, grpc, admin } = gateway;
    const ports = { http: http.port, grpc: grpc.port, admin: admin?.port };
    log.info({ ...ports, store: shared.MEDLEGO_STORE }, 'serving');
    process.stdout.write(`${JSON.stringify(ports)}\n`);
    if (!stop.signal.aborted) await once(stop.signal, 'abort');
    log.info('shutting down');
    return 0;
  } catch (error) {
    log.fatal({ error }, describeError(error));
    return exitCodeOf(error);
  } finally {
    for (const close of closers.reverse())
      try {
        await close();
      } catch (error) {
        log.warn({ error }, 'while closing');
      }
  }
}
