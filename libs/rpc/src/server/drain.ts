import { ServerDrainingError } from '@medlego/errors';
import type { ServerMiddleware } from 'nice-grpc';

/**
 * Aborts streams, which may last for ever, when the server drains, and ends them as "unavailable": whoever watches or downloads goes on at
 * another replica. Single answers are waited for.
 */
export const endStreams = (draining: AbortSignal): ServerMiddleware =>
  async function* (call, context) {
    if (!call.responseStream) return yield* call.next(call.request, context);
    const ended = new AbortController();
    const signal = AbortSignal.any([context.signal, draining, ended.signal]);
    try {
      yield* call.next(call.request, { ...context, signal });
    } catch (error) {
      if (!draining.aborted) throw error;
    } finally {
      ended.abort(); // what the method still waits for
    }
    if (draining.aborted) throw new ServerDrainingError({ waiting: 0 });
    return undefined;
  };
