import { AppError } from '@medlego/errors';
import { ServerError, type ServerMiddleware } from 'nice-grpc';
import { isAbortError } from 'abort-controller-x';
import { encodeError, errorTrailer } from '../errors/error-trailer.ts';
import { publicError } from '../errors/public-error.ts';

/** Makes statuses of what methods throw; an AppError travels whole, in a trailer. A bug shows nothing of itself. */
export const translateErrors = (onProblem: (error: unknown, path: string) => void): ServerMiddleware =>
  async function* (call, context) {
    try {
      return yield* call.next(call.request, context);
    } catch (error) {
      if (error instanceof ServerError || (isAbortError(error) && context.signal.aborted)) throw error;
      const { grpc, message, retryAfterMs } = publicError(error);
      if (error instanceof AppError) context.trailer.set(errorTrailer, encodeError(error));
      else onProblem(error, call.method.path);
      if (retryAfterMs !== undefined) context.trailer.set('grpc-retry-pushback-ms', String(Math.ceil(retryAfterMs)));
      throw new ServerError(grpc, message.slice(0, 1000));
    }
  };
