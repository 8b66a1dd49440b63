import { currentTraceparent } from '@medlego/telemetry';
import { Metadata, type ClientMiddleware } from 'nice-grpc';

/** Takes the trace along, as `traceparent`. */
export const handOverTrace: ClientMiddleware = async function* (call, options) {
  const traceparent = currentTraceparent();
  if (traceparent === undefined) return yield* call.next(call.request, options);
  const metadata = Metadata(options.metadata).set('traceparent', traceparent);
  return yield* call.next(call.request, { ...options, metadata });
};
