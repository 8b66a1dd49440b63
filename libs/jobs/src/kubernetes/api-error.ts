import { ApiException } from '@kubernetes/client-node';
import { AppError, ClusterRefusedError, ClusterUnavailableError } from '@medlego/errors';

/** The HTTP status of an API failure; undefined if no answer came. */
export const statusOf = (error: unknown): number | undefined =>
  error instanceof ApiException ? error.code : undefined;

/** The typed form of a failed API call. */
export function toClusterError(error: unknown, operation: string): unknown {
  if (error instanceof AppError) return error;
  const status = statusOf(error);
  const reason = messageOf(error);
  if (status === undefined || status === 429 || status >= 500)
    return new ClusterUnavailableError({ operation, reason }, { cause: error });
  return new ClusterRefusedError({ operation, status, reason }, { cause: error });
}

function messageOf(error: unknown): string {
  if (!(error instanceof ApiException)) return error instanceof Error ? error.message : String(error);
  const body: unknown = typeof error.body === 'string' ? parse(error.body) : error.body;
  const message = typeof body === 'object' && body !== null && 'message' in body ? String(body.message) : error.message;
  return message.slice(0, 500);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text }; // a proxy's page
  }
}
