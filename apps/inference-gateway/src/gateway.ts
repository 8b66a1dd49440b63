import type { Server } from 'node:https';
import type { FastifyInstance } from 'fastify';
import { assertGuarded } from '@medlego/access';
import { AuditLog } from './access/audit-log.ts';
import { Gate } from './access/gate.ts';
import { gatewayAuthenticator } from './access/guest.ts';
import { followTls, readTls } from './access/secure-context.ts';
import type { GatewayOptions } from './gateway-options.ts';
import { createGrpc } from './grpc/create-grpc.ts';
import { createAdmin } from './http/create-admin.ts';
import { createHttp } from './http/create-http.ts';
import { defaultInputLimits } from './inputs/tensor.ts';
import { notReadyReason } from './metadata.ts';
import { followNames } from './models/follow-names.ts';
import { followPromoted, loadPromoted } from './models/follow-promoted.ts';
import { ModelHost } from './models/model-host.ts';

export interface Gateway {
  readonly models: ModelHost;
  readonly http: { readonly port: number };
  readonly grpc: { readonly port: number };
  /** Null without `adminPort`. */
  readonly admin: { readonly port: number } | null;
  /** Takes no new requests, answers those that wait (for at most `graceMs`, default 10 s), and frees everything. Calling again with 0 ends the wait. */
  close(graceMs?: number): Promise<void>;
}

/**
 * Serves models of a store over REST and gRPC. Health answers from the start; resolves when all models are ready.
 * @throws InvalidValueError where other machines would be let in without tokens; errors of the first model that does not load, of files, and of ports
 *   that are taken; nothing stays open then
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { host = '127.0.0.1', port = 0, grpcPort = 0, adminPort, tls, maxBodyBytes = 64 * 1024 ** 2 } = options;
  assertGuarded(host, options.authenticator !== undefined || options.insecure === true);
  const https = tls && (await readTls(tls));
  const audit = options.auditLog === undefined ? undefined : await AuditLog.open(options.auditLog);
  const models = new ModelHost({ names: options.registry?.names, ...options });
  const hasAdminListener = adminPort !== undefined;
  let isClosing = false;
  let hasStarted = false; // from then on, what is promoted comes and goes without a word to those who ask for readiness
  const shared = {
    host: models,
    gate: new Gate(gatewayAuthenticator(options), options.rateLimit),
    audit,
    limits: { ...defaultInputLimits, ...options.limits },
    maxBodyBytes,
    log: options.log,
    processMetrics: options.processMetrics,
    hasAdminListener,
    notReady: () =>
      (isClosing
        ? 'shutting down'
        : notReadyReason(models, hasStarted && options.followPromoted ? options.models : undefined)) ??
      (audit?.problem && `the audit log cannot be written: ${audit.problem}`),
  };
  const canChange = !hasAdminListener && (options.authenticator ?? options.adminToken) !== undefined;
  const { cors, consoleFolder, registry } = options;
  const http = await createHttp(models, { ...shared, canChange, cors, consoleFolder, registry, https });
  const admin = hasAdminListener ? createAdmin(models, shared) : null;
  const grpc = createGrpc({ ...shared, tls, reflection: options.reflection ?? true });
  const following = new AbortController();
  const stopTls = tls && followTls(tls, http.server as unknown as Server);

  const hurry = new AbortController();
  const force = (): void => {
    grpc.closeNow();
    void models.close(); // answers that are still missing fail
  };
  const closeOnce = async (graceMs: number): Promise<void> => {
    isClosing = true;
    if (options.announceMs && graceMs > 0)
      await models.clock.sleep(options.announceMs, hurry.signal).catch(() => undefined); // told to hurry
    following.abort();
    stopTls?.();
    const forced = setTimeout(force, graceMs);
    hurry.signal.addEventListener('abort', force);
    await models.drain();
    await http.close();
    await grpc.close();
    clearTimeout(forced);
    await models.close();
    await admin?.close(); // last, so that probes see how it ends
    await audit?.close();
  };
  let closed: Promise<void> | undefined;
  const close = (graceMs = 10_000): Promise<void> => {
    if (closed && graceMs === 0) hurry.abort();
    return (closed ??= closeOnce(graceMs));
  };
  try {
    await admin?.listen({ host: options.adminHost ?? '127.0.0.1', port: adminPort });
    await http.listen({ host, port });
    const boundGrpc = await grpc.listen(`${host.includes(':') ? `[${host}]` : host}:${grpcPort}`);
    await Promise.all(options.models.map((name) => models.open(name)));
    void followNames(models, {
      clock: models.clock,
      everyMs: options.followEveryMs ?? 2000,
      names: registry?.names,
      signal: following.signal,
    });
    if (options.followPromoted && registry) {
      await loadPromoted(models, registry.names);
      void followPromoted(models, registry.names, following.signal);
    }
    hasStarted = true;
    return {
      models,
      http: { port: portOf(http) },
      grpc: { port: boundGrpc },
      admin: admin && { port: portOf(admin) },
      close,
    };
  } catch (error) {
    await close(0);
    throw error;
  }
}

function portOf({ server }: FastifyInstance): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}
