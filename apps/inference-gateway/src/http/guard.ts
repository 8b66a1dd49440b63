import { randomUUID } from 'node:crypto';
import { bearerToken, type Caller } from '@medlego/access';
import { AppError } from '@medlego/errors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AuditLog } from '../access/audit-log.ts';
import { newAudited, servedName, type Audited } from '../access/audited.ts';
import type { Gate, Needs } from '../access/gate.ts';
import type { ModelHost } from '../models/model-host.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a caller needs; default: `read` to get, `admin` for everything else. */
    needs?: Needs;
    /** Name in the audit log; default: `predict` for what needs just that, and nothing for the rest. */
    action?: string;
  }
  interface FastifyRequest {
    caller: Caller | null;
    audited: Audited;
    /** `ok`, or the code of the error that was answered. */
    outcome: string;
  }
}

export interface GuardOptions {
  readonly gate: Gate;
  readonly audit?: AuditLog;
}

export const newRequestId = (): string => randomUUID();

/** Lets requests in by what their routes need, and keeps an account of predictions and changes. To be called before routes are added. */
export function guardRoutes(app: FastifyInstance, host: ModelHost, { gate, audit }: GuardOptions): void {
  const modelOf = ({ params }: FastifyRequest) => servedName(host, (params as { readonly name?: string } | null)?.name);
  app.decorateRequest('caller', null);
  app.decorateRequest('audited');
  app.decorateRequest('outcome', 'ok');
  app.addHook('onRoute', (route) => {
    const isRead = [route.method].flat().every((method) => method === 'GET' || method === 'HEAD');
    route.config = { needs: isRead ? ['read'] : ['admin'], ...route.config };
  });
  app.addHook('onRequest', async (request, reply) => {
    request.audited = { ...newAudited(), model: modelOf(request) };
    void reply.header('x-request-id', request.id);
    const needs = needsOf(request);
    if (needs === 'open') return;
    request.caller = await gate.enter({ token: bearerToken(request.headers.authorization), needs, from: request.ip });
  });
  if (!audit) return;
  app.addHook('onResponse', (request, reply, done) => {
    const action = actionOf(request);
    if (action !== undefined)
      audit.write({
        requestId: request.id,
        via: 'rest',
        action,
        subject: request.caller?.subject ?? null,
        ...request.audited,
        model: request.audited.model ?? modelOf(request), // it may have been loaded by this request
        outcome: reply.raw.writableFinished ? request.outcome : 'aborted',
        latencyMs: Math.round(reply.elapsedTime * 10) / 10,
      });
    done();
  });
}

/** Notes what an error is called and, for one of access, how to ask again (RFC 6750). */
export function challengeOf(request: FastifyRequest, error: unknown): string | undefined {
  if (!(error instanceof AppError)) return undefined;
  const hadToken = bearerToken(request.headers.authorization) !== undefined;
  if (error.code === 'unauthenticated') return `Bearer realm="medlego"${hadToken ? ', error="invalid_token"' : ''}`;
  if (error.code === 'scope_required')
    return `Bearer realm="medlego", error="insufficient_scope", scope="${String(error.facts['scope'])}"`;
  return undefined;
}

function needsOf({ is404, method, routeOptions: { config } }: FastifyRequest): Needs {
  if (is404 || (config.needs === undefined && method === 'OPTIONS')) return 'open'; // pages, and what browsers ask before
  return config.needs ?? ['admin'];
}

function actionOf({ is404, routeOptions: { config } }: FastifyRequest): string | undefined {
  if (is404) return undefined;
  return config.action ?? (config.needs?.length === 1 && config.needs[0] === 'predict' ? 'predict' : undefined);
}
