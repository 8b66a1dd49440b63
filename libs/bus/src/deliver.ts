import { AppError, describeError, type ErrorKind } from '@medlego/errors';
import type { BusEvent, ConsumeOptions } from './bus.ts';
import { parseSubject } from '@medlego/contracts';
import { count, inSpan } from '@medlego/telemetry';
import { fromMessage, type Message } from './message.ts';

/** One delivery as a transport offers it. */
export interface Offered {
  readonly message: Message;
  readonly sequence: number;
  readonly deliveries: number;
  /** Ends it: it will not come again. */
  ack(): Promise<void>;
  /** Gives it back, to come again after a while. */
  retryAfter(ms: number): Promise<void>;
  /** Copies it to the dead letters, durably; the same delivery twice is one dead letter. */
  bury(reason: { readonly code: string; readonly reason: string; readonly deliveries: number }): Promise<void>;
  /** Shows that it is being worked on. */
  working(): void;
}

/** Failures that the same event would meet again, whoever handles it and whenever. */
const lasting: ReadonlySet<ErrorKind> = new Set(['bad_input', 'unsupported']);

export const defaultMaxDeliveries = 8;
export const defaultAckWaitMs = 30_000;
export const defaultBackoffMs = (deliveries: number): number => Math.min(60_000, 250 * 2 ** Math.min(deliveries, 20));

/**
 * What happens to one delivery, the same for every transport: handle and acknowledge, or give back, or bury with the reason.
 * Rejects only if the transport does; then the delivery comes again by itself, after the ack wait.
 */
export async function deliver(offered: Offered, options: ConsumeOptions<never>, signal: AbortSignal): Promise<void> {
  const { maxDeliveries = defaultMaxDeliveries, ackWaitMs = defaultAckWaitMs, backoffMs = defaultBackoffMs } = options;
  const { deliveries, sequence } = offered;
  const eventId = offered.message.headers['ce-id'];
  const type = parseSubject(offered.message.subject)?.type ?? 'unknown';
  const counted = (outcome: 'done' | 'retry' | 'dead-letter') =>
    count('eventsHandled', { type, durable: options.durable, outcome });
  const bury = async (code: string, reason: string, error: unknown) => {
    options.onProblem?.({ error, next: 'dead-letter', eventId, deliveries });
    await offered.bury({ code, reason, deliveries });
    await offered.ack();
    counted('dead-letter');
  };
  // The handler never got to say why: each time the process ended first.
  if (deliveries > maxDeliveries) {
    const reason = `Delivered ${deliveries - 1} times without an answer: does handling it end the process?`;
    return bury('no_answer', reason, new Error(reason));
  }
  const heartbeat = setInterval(() => offered.working(), Math.max(10, ackWaitMs / 3));
  try {
    const event = fromMessage(offered.message);
    const handle = options.handler as (event: BusEvent, delivery: object) => Promise<void>;
    const attributes = { 'messaging.system': 'nats', 'messaging.consumer.group.name': options.durable };
    const { traceparent } = event;
    await inSpan({ name: `process ${type}`, role: 'consumer', attributes, ...(traceparent && { traceparent }) }, () =>
      handle(event, { sequence, deliveries, signal }),
    );
  } catch (error) {
    const hopeless = error instanceof AppError && lasting.has(error.kind);
    // A handler that was told to stop did not fail; whoever comes next starts afresh.
    if (signal.aborted && !hopeless) return await offered.retryAfter(0);
    if (hopeless || deliveries >= maxDeliveries)
      return await bury(error instanceof AppError ? error.code : 'unexpected', describeError(error), error);
    options.onProblem?.({ error, next: 'retry', eventId, deliveries });
    counted('retry');
    return await offered.retryAfter(backoffMs(deliveries));
  } finally {
    clearInterval(heartbeat);
  }
  await offered.ack();
  counted('done');
}
