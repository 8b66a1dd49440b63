import { continueTrace, inSpan, record } from '@medlego/telemetry';
import { ServerError, Status, type CallContext, type ServerMiddleware, type ServerMiddlewareCall } from 'nice-grpc';

/** A span and a time for each call, within the trace that the caller is in. A stream is measured until its first message or its end. */
export const traceCalls = (): ServerMiddleware =>
  async function* (call, context) {
    const method = call.method.path.slice(1);
    const start = performance.now();
    const traceparent = context.metadata.get('traceparent');
    const measure = (status: Status) =>
      record('rpcServerDuration', (performance.now() - start) / 1000, {
        'rpc.method': method,
        'rpc.status_code': Status[status],
      });
    const answer = nextOf(call)(call.request, context);
    try {
      const attributes = { 'rpc.system.name': 'grpc', 'rpc.method': method };
      const first = await inSpan(
        { name: method, role: 'server', attributes, ...(traceparent !== undefined && { traceparent }) },
        () => answer.next(),
      );
      measure(Status.OK);
      if (first.done) return first.value;
      yield first.value;
      for (;;) {
        const next = await continueTrace(traceparent, () => answer.next());
        if (next.done) return next.value;
        yield next.value;
      }
    } catch (error) {
      measure(error instanceof ServerError ? error.code : Status.CANCELLED);
      throw error;
    } finally {
      await answer.return(undefined as never);
    }
  };

/** Both kinds of answer as one: messages, then what a single answer returns. */
const nextOf = <Request, Response>(call: ServerMiddlewareCall<Request, Response>) =>
  call.next as (
    request: Request | AsyncIterable<Request>,
    context: CallContext,
  ) => AsyncGenerator<Response, Response | void, undefined>;
