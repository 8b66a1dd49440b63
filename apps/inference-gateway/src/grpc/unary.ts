import { Metadata, type handleUnaryCall, type ServerUnaryCall } from '@grpc/grpc-js';
import { bearerToken, type Caller } from '@medlego/access';
import { AppError } from '@medlego/errors';
import { publicError } from '@medlego/rpc';
import { continueTrace } from '@medlego/telemetry';
import type { AuditLog } from '../access/audit-log.ts';
import { newAudited, servedName, type Audited } from '../access/audited.ts';
import type { Gate, Needs } from '../access/gate.ts';
import { newRequestId } from '../http/guard.ts';
import type { ModelHost } from '../models/model-host.ts';

export interface CallInfo {
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
  /** Until the client's deadline. */
  readonly timeLeftMs: number;
  readonly audited: Audited;
}

export interface Method {
  readonly needs: Needs;
  /** Name in the audit log; default: none. */
  readonly action?: string;
  handle(request: never, call: CallInfo): unknown;
}

export interface CallContext {
  readonly host: ModelHost;
  readonly gate: Gate;
  readonly audit?: AuditLog;
}

/** One method behind the gate. Errors carry `grpc-retry-pushback-ms` where a repetition makes sense; a bug shows nothing of itself. */
export function unary(method: Method, context: CallContext): handleUnaryCall<unknown, unknown> {
  return (call: ServerUnaryCall<unknown, unknown>, callback) => {
    const requestId = newRequestId();
    const gone = new AbortController();
    call.on('cancelled', () => gone.abort());
    call.sendMetadata(withFields({ 'x-request-id': requestId }));
    const account = startAccount(method, context, requestId, call.request);
    const [traceparent] = call.metadata.get('traceparent');
    void continueTrace(traceparent?.toString(), () => answer(method, context, call, gone.signal, account)).then(
      (value) => {
        account.end('ok');
        callback(null, value);
      },
      (error: unknown) => {
        account.end(error instanceof AppError ? error.code : gone.signal.aborted ? 'aborted' : 'internal');
        const { grpc, message, retryAfterMs } = publicError(error);
        const pushback: Record<string, string> =
          retryAfterMs === undefined ? {} : { 'grpc-retry-pushback-ms': String(Math.ceil(retryAfterMs)) };
        callback({ code: grpc, details: message, metadata: withFields(pushback) });
      },
    );
  };
}

async function answer(
  method: Method,
  { gate }: CallContext,
  call: ServerUnaryCall<unknown, unknown>,
  signal: AbortSignal,
  account: Account,
): Promise<unknown> {
  const [authorization] = call.metadata.get('authorization');
  const token = bearerToken(authorization?.toString());
  if (method.needs !== 'open')
    account.caller = await gate.enter({ token, needs: method.needs, from: addressOf(call.getPeer()) });
  const deadline = call.getDeadline();
  const timeLeftMs = deadline === Infinity ? Infinity : Number(deadline) - Date.now();
  return method.handle(call.request as never, { signal, timeLeftMs, audited: account.audited });
}

interface Account {
  caller: Caller | null;
  readonly audited: Audited;
  end(outcome: string): void;
}

function startAccount({ action }: Method, { host, audit }: CallContext, requestId: string, request: unknown): Account {
  const start = performance.now();
  const model = () => servedName(host, (request as { readonly model_name?: string }).model_name);
  const account: Account = {
    caller: null,
    audited: { ...newAudited(), model: model() },
    end(outcome) {
      if (action === undefined) return;
      audit?.write({
        requestId,
        via: 'grpc',
        action,
        subject: account.caller?.subject ?? null,
        ...account.audited,
        model: account.audited.model ?? model(),
        outcome,
        latencyMs: Math.round((performance.now() - start) * 10) / 10,
      });
    },
  };
  return account;
}

function withFields(fields: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(fields)) metadata.set(name, value);
  return metadata;
}

/** `127.0.0.1:50` and `[::1]:50` without the port. */
const addressOf = (peer: string): string => peer.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
