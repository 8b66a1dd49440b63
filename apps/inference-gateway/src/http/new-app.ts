import { AppError } from '@medlego/errors';
import { publicError } from '@medlego/rpc';
import { fastify, type FastifyHttpOptions, type FastifyInstance } from 'fastify';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { HttpsOptions } from '../access/secure-context.ts';
import { continueTrace } from '@medlego/telemetry';
import { challengeOf, newRequestId } from './guard.ts';

export interface AppOptions {
  readonly maxBodyBytes: number;
  /** One JSON line a request on stdout, without bodies or queries. */
  readonly log?: boolean;
  readonly https?: HttpsOptions;
}

const traceparentOf = ({ traceparent }: IncomingHttpHeaders): string | undefined =>
  typeof traceparent === 'string' ? traceparent : undefined;

/** A server without routes: bodies as bytes, errors by the one table. */
export function newApp({ maxBodyBytes, log = false, https }: AppOptions): FastifyInstance {
  const app = fastify({
    bodyLimit: maxBodyBytes,
    logger: log,
    forceCloseConnections: 'idle',
    genReqId: newRequestId,
    ...(https && { https }),
  } as FastifyHttpOptions<Server>); // routes do not see whether a socket is encrypted
  app.addHook('onRequest', (request, _, done) => continueTrace(traceparentOf(request.headers), done));
  app.removeAllContentTypeParsers();
  // Bodies are JSON with raw tensors behind it, or image files: each route reads its own bytes.
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
  app.setErrorHandler((error, request, reply) => {
    const status = (error as { statusCode?: number }).statusCode;
    if (!(error instanceof AppError) && status !== undefined && status < 500) {
      request.outcome = `http_${status}`;
      return reply.code(status).send({ error: (error as Error).message });
    }
    const { http, message, retryAfterMs } = publicError(error);
    request.outcome = error instanceof AppError ? error.code : `http_${http}`;
    if (http === 500) request.log.error(error);
    if (retryAfterMs !== undefined) void reply.header('retry-after', Math.ceil(retryAfterMs / 1000));
    const challenge = challengeOf(request, error);
    if (challenge !== undefined) void reply.header('www-authenticate', challenge);
    return reply.code(http).send({ error: message });
  });
  return app;
}
