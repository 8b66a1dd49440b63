import { assertGuarded, openAccess } from '@medlego/access';
import { createGateway, type GatewayOptions } from '@medlego/inference-gateway';
import { createLogger } from '@medlego/telemetry';
import { startTelemetry } from '@medlego/telemetry/sdk';
import type { CommandContext } from '../context.ts';
import { startServices } from './start-services.ts';

export interface RunUpOptions {
  readonly host: string;
  readonly port: number;
  readonly httpPort: number;
  readonly inferencePort: number;
  readonly jobCores?: number | undefined;
  readonly threads?: number | undefined;
  readonly device: 'cpu' | 'cuda';
  /** Models to serve; undefined: every generalist that is promoted. */
  readonly serve?: readonly string[] | undefined;
  readonly access: Partial<GatewayOptions>;
  readonly modelFolders: readonly string[];
  readonly consoleFolder: string;
}

/** Starts services and gateway, says where they are, and ends them in reverse at Ctrl-C or SIGTERM. */
export async function runUp(context: CommandContext, options: RunUpOptions): Promise<void> {
  const { out, home, signal, onEnd } = context;
  const { access, host } = options;
  assertGuarded(host, access.authenticator !== undefined || access.insecure === true);
  const telemetry = await startTelemetry({ service: 'medlego-up' });
  onEnd(() => telemetry.shutdown());
  const log = createLogger({ service: 'medlego-up', level: process.env['MEDLEGO_LOG_LEVEL'] ?? 'warn' });
  const { port, jobCores, threads, device } = options;
  const { authenticator, tls } = access;
  const services = await startServices({
    home,
    host,
    port,
    log,
    authenticator,
    tls,
    jobCores,
    threads,
    device,
    modelFolders: options.modelFolders,
  });
  onEnd(() => services.close());

  const gateway = await createGateway({
    ...access,
    authenticator: authenticator ?? openAccess,
    store: services.store,
    registry: services.registry,
    modelFolders: options.modelFolders,
    models: options.serve ?? [],
    followPromoted: options.serve === undefined,
    host,
    port: options.httpPort,
    grpcPort: options.inferencePort,
    threads,
    consoleFolder: options.consoleFolder,
    processMetrics: () => telemetry.metricsText(),
  });
  onEnd(() => gateway.close());

  const scheme = tls ? 'https' : 'http';
  const address = {
    services: services.rpc.address,
    http: `${scheme}://${host}:${gateway.http.port}`,
    inference: `${host}:${gateway.grpc.port}`,
    ...(gateway.admin && { admin: `http://127.0.0.1:${gateway.admin.port}` }),
  };
  out.line(`Services   ${address.services}   medlego ... --remote ${tls ? 'https://' : ''}${address.services}`);
  out.line(`Console    ${address.http}   REST too (Open Inference Protocol v2)`);
  out.line(`Inference  ${address.inference}   gRPC (Open Inference Protocol v2)`);
  if ('admin' in address) out.line(`Admin      ${address.admin}   probes, metrics`);
  out.line(`State      ${home}`);
  if (!authenticator) out.note('Everybody on this machine may do everything; --tokens asks for tokens.');
  out.note('Ctrl-C ends it; unfinished runs go on with the next start.');
  out.document({ ...address, home });
  await new Promise<void>((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
