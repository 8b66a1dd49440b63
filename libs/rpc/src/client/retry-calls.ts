import { AppError } from '@medlego/errors';
import { retry, withDeadline } from '@medlego/async';
import type { ClientMiddleware, ClientMiddlewareCall } from 'nice-grpc';

export interface RetryPolicy {
  /** Longest time of a call that has one answer, repetitions included. */
  readonly deadlineMs: number;
  readonly attempts: number;
}

/** A bug of the other side (`rpc_internal`) may pass, but not within seconds. */
export const isPassing = (error: unknown): boolean =>
  error instanceof AppError && error.kind === 'unavailable' && error.code !== 'rpc_internal';

/**
 * Repeats calls with one request when the service cannot be reached. All methods of the contracts are idempotent, by request id where they
 * change something. A stream is only begun again while it has given nothing; `resumeWatch` goes on from where one broke.
 */
export const retryCalls = ({ deadlineMs, attempts }: RetryPolicy): ClientMiddleware =>
  async function* (call, options) {
    if (call.requestStream) return yield* call.next(call.request, options);
    if (call.responseStream) return yield* begin(call, options, attempts);
    const what = call.method.path;
    return await withDeadline({ what, timeoutMs: deadlineMs, ...signalOf(options) }, (signal) =>
      retry(() => lastOf(call.next(call.request, { ...options, signal })), {
        attempts,
        signal,
        isRetryable: isPassing,
      }),
    );
  };

const signalOf = ({ signal }: { readonly signal?: AbortSignal }) => (signal ? { signal } : {});

/** What a call with one answer gives: nice-grpc hands it over as the end of a generator. */
async function lastOf<T>(answer: AsyncGenerator<never, T, undefined>): Promise<T> {
  for (;;) {
    const next = await answer.next();
    if (next.done) return next.value;
  }
}

type Call<Request, Response> = Extract<ClientMiddlewareCall<Request, Response>, { responseStream: true }>;

async function* begin<Request, Response>(
  call: Call<Request, Response>,
  options: Parameters<Call<Request, Response>['next']>[1],
  attempts: number,
): AsyncGenerator<Response, void, undefined> {
  let open: AsyncGenerator<Response, void, undefined> | undefined;
  const first = await retry(
    async () => {
      open = call.next(call.request, options);
      return open.next();
    },
    { attempts, isRetryable: isPassing, ...signalOf(options) },
  );
  try {
    if (first.done) return;
    yield first.value;
    yield* open!;
  } finally {
    await open?.return();
  }
}
