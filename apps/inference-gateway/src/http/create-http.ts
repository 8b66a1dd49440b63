import { AppError } from '@medlego/errors';
import type { Registry } from '@medlego/registry';
import { fastify, type FastifyInstance } from 'fastify';
import type { InputLimits } from '../inputs/tensor.ts';
import { publicError } from '../error-table.ts';
import type { ModelHost } from '../models/model-host.ts';
import { registerConsoleApi } from './console-api.ts';
import { registerMetrics } from './metrics-route.ts';
import { registerOip } from './oip-routes.ts';
import { registerRepository } from './repository-routes.ts';
import { registerConsole } from './static-files.ts';

export interface HttpOptions {
  readonly limits: InputLimits;
  readonly maxBodyBytes: number;
  readonly adminToken?: string;
  /** Folder of the built console. */
  readonly consoleFolder?: string;
  /** Whose runs the console shows. */
  readonly registry?: Registry;
  /** One JSON line a request on stdout, without bodies or queries. */
  readonly log?: boolean;
}

/** The REST side; not listening yet. */
export async function createHttp(host: ModelHost, options: HttpOptions): Promise<FastifyInstance> {
  const app = fastify({ bodyLimit: options.maxBodyBytes, logger: options.log ?? false, forceCloseConnections: 'idle' });
  app.removeAllContentTypeParsers();
  // Bodies are JSON with raw tensors behind it, or image files: each route reads its own bytes.
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
  app.setErrorHandler((error, request, reply) => {
    const status = (error as { statusCode?: number }).statusCode;
    if (!(error instanceof AppError) && status !== undefined && status < 500)
      return reply.code(status).send({ error: (error as Error).message });
    const { http, message, retryAfterMs } = publicError(error);
    if (http === 500) request.log.error(error);
    if (retryAfterMs !== undefined) void reply.header('retry-after', Math.ceil(retryAfterMs / 1000));
    return reply.code(http).send({ error: message });
  });
  registerOip(app, host, options.limits);
  registerRepository(app, host, options.adminToken);
  registerMetrics(app, host);
  registerConsoleApi(app, host, options.limits, options);
  await registerConsole(app, options.consoleFolder);
  return app;
}
