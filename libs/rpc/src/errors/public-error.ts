import { status as GrpcStatus } from '@grpc/grpc-js';
import { AppError, DeadlineExceededError, ScopeRequiredError, TransferSyntaxError } from '@medlego/errors';

export interface PublicError {
  readonly http: number;
  readonly grpc: GrpcStatus;
  readonly message: string;
  /** When the same request may be sent again; undefined: not without a change. */
  readonly retryAfterMs?: number;
}

const byKind: Readonly<Record<AppError['kind'], Pick<PublicError, 'http' | 'grpc'>>> = {
  bad_input: { http: 400, grpc: GrpcStatus.INVALID_ARGUMENT },
  not_found: { http: 404, grpc: GrpcStatus.NOT_FOUND },
  conflict: { http: 409, grpc: GrpcStatus.ABORTED },
  unsupported: { http: 501, grpc: GrpcStatus.UNIMPLEMENTED },
  corrupt: { http: 500, grpc: GrpcStatus.DATA_LOSS },
  exhausted: { http: 429, grpc: GrpcStatus.RESOURCE_EXHAUSTED },
  unavailable: { http: 503, grpc: GrpcStatus.UNAVAILABLE },
  stopped: { http: 499, grpc: GrpcStatus.CANCELLED },
};

/** The one table of what a failure looks like from outside, in REST and gRPC. A bug shows nothing of itself. */
export function publicError(error: unknown): PublicError {
  if (error instanceof Error && error.name === 'AbortError')
    return { ...byKind.stopped, message: 'The request was cancelled.' };
  if (!(error instanceof AppError)) return { http: 500, grpc: GrpcStatus.INTERNAL, message: 'Internal error.' };
  const { message } = error;
  if (error.code === 'unauthenticated') return { http: 401, grpc: GrpcStatus.UNAUTHENTICATED, message };
  if (error instanceof DeadlineExceededError) return { http: 504, grpc: GrpcStatus.DEADLINE_EXCEEDED, message };
  if (error instanceof ScopeRequiredError) return { http: 403, grpc: GrpcStatus.PERMISSION_DENIED, message };
  if (error instanceof TransferSyntaxError) return { http: 415, grpc: GrpcStatus.INVALID_ARGUMENT, message };
  const { retryAfterMs } = error.facts;
  if (typeof retryAfterMs === 'number') return { ...byKind[error.kind], message, retryAfterMs };
  return { ...byKind[error.kind], message, ...(error.kind === 'unavailable' && { retryAfterMs: 1000 }) };
}
