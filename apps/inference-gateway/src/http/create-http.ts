import fastifyCors from '@fastify/cors';
import type { Registry } from '@medlego/registry';
import type { FastifyInstance } from 'fastify';
import type { InputLimits } from '../inputs/tensor.ts';
import type { ModelHost } from '../models/model-host.ts';
import { registerConsoleApi } from './console-api.ts';
import { guardRoutes, type GuardOptions } from './guard.ts';
import { registerMetrics, type MetricsOptions } from './metrics-route.ts';
import { newApp, type AppOptions } from './new-app.ts';
import { registerOip } from './oip-routes.ts';
import { registerRepository, registerRepositoryChanges } from './repository-routes.ts';
import { registerConsole } from './static-files.ts';

export interface HttpOptions extends AppOptions, GuardOptions, Pick<MetricsOptions, 'processMetrics'> {
  readonly limits: InputLimits;
  /** Why no request can be answered now. */
  readonly notReady: () => string | undefined;
  /** Somebody can have the admin scope, and changes are made here. */
  readonly canChange: boolean;
  /** Metrics and changes of models are on a listener of their own, and not here. */
  readonly hasAdminListener: boolean;
  /** Origins whose pages may ask; `*`: all. */
  readonly cors?: readonly string[];
  /** Folder of the built console. */
  readonly consoleFolder?: string;
  /** Whose runs the console shows. */
  readonly registry?: Registry;
}

/** The REST side; not listening yet. */
export async function createHttp(host: ModelHost, options: HttpOptions): Promise<FastifyInstance> {
  const app = newApp(options);
  const { cors = [] } = options;
  if (cors.length > 0)
    await app.register(fastifyCors, {
      origin: cors.includes('*') ? '*' : [...cors],
      methods: ['GET', 'POST'],
      allowedHeaders: ['authorization', 'content-type', 'inference-header-content-length'],
      exposedHeaders: ['inference-header-content-length', 'retry-after', 'www-authenticate', 'x-request-id'],
      maxAge: 600,
    });
  guardRoutes(app, host, options);
  registerOip(app, host, options);
  registerRepository(app, host);
  if (!options.hasAdminListener) {
    registerRepositoryChanges(app, host);
    registerMetrics(app, host, { processMetrics: options.processMetrics });
  }
  registerConsoleApi(app, host, options.limits, options);
  await registerConsole(app, options.consoleFolder);
  return app;
}
