import { retry, systemClock, withDeadline } from '@medlego/async';
import { AppError } from '@medlego/errors';
import { count } from '@medlego/telemetry';
import type { Bus, BusStatus, ConsumeOptions, EventDraft, Published, Subscription } from '../bus.ts';
import { assertConsumeOptions } from '../consume-options.ts';
import { toMessage, type Message } from '../message.ts';
import { connectNats, requestTimeoutMs, type NatsClient, type NatsOptions } from './connect.ts';
import { createDeadLetters } from './dead-letters.ts';
import { toBrokerError } from './errors.ts';
import { Outbox } from './outbox.ts';
import { Publisher } from './publisher.ts';
import { ensureStreams, type StreamSettings } from './streams.ts';
import { subscribe } from './subscription.ts';

export interface NatsBusOptions extends NatsOptions, StreamSettings {
  /** Who publishes: the `source` of events. */
  readonly source: string;
  /** How long `publish` goes on trying. Default: 60 s. */
  readonly publishTimeoutMs?: number;
}

/**
 * Events over NATS JetStream. Connects, checks the server, creates or widens the streams.
 * @throws BrokerUnavailableError, BrokerUnsupportedError, BrokerFullError
 */
export async function connectNatsBus(options: NatsBusOptions): Promise<Bus> {
  const client = await connectNats(options);
  try {
    await ensureStreams(client.manager, options);
  } catch (error) {
    await client.connection.close();
    throw toBrokerError(error, client.location, 'creating the streams');
  }
  return createBus(client, options);
}

function createBus(client: NatsClient, { source, publishTimeoutMs = 60_000 }: NatsBusOptions): Bus {
  const { connection, location } = client;
  const listeners = new Set<(status: BusStatus) => void>();
  const subscriptions = new Set<Subscription>();
  let status: BusStatus = 'connected';
  const setStatus = (next: BusStatus) => {
    if (next === status) return;
    status = next;
    for (const listener of listeners) listener(next);
  };
  void followStatus(client, setStatus);

  const outbox = new Outbox();
  const publisher = new Publisher(connection, outbox, Math.min(requestTimeoutMs, publishTimeoutMs));
  const publishOnce = async (id: string, message: Message): Promise<Published> => {
    try {
      return { id, ...(await publisher.publish(id, message)) };
    } catch (error) {
      throw toBrokerError(error, location, `publishing ${message.subject}`);
    }
  };

  const isWorthAnother = (error: unknown) =>
    !connection.isClosed() && error instanceof AppError && error.kind === 'unavailable';

  /** After the first try failed; kept apart because timers and signals for every event cost more than publishing it. */
  const publishAgain = async (id: string, message: Message, first: unknown, timeoutMs: number): Promise<Published> => {
    if (timeoutMs <= 0) throw first;
    let last = first;
    const deadline = { what: `Publishing ${message.subject}`, timeoutMs };
    try {
      return await withDeadline(deadline, (signal) =>
        retry(() => publishOnce(id, message), {
          attempts: Number.MAX_SAFE_INTEGER,
          baseDelayMs: 50,
          maxDelayMs: 2000,
          signal,
          isRetryable: isWorthAnother,
          onRetry: ({ error }) => (last = error),
        }),
      );
    } catch (error) {
      // The deadline says how long was tried; what kept failing says why.
      throw error instanceof AppError && error.code === 'deadline_exceeded' ? last : error;
    }
  };

  const close = async () => {
    await Promise.all([...subscriptions].map((subscription) => subscription.stop()));
    if (!connection.isClosed()) await connection.flush().catch(() => {}); // acknowledgements that are on their way
    await connection.close();
    setStatus('closed');
  };

  return {
    location,
    async publish(draft) {
      const start = systemClock.now();
      const { id, message } = toMessage(draft as EventDraft, { source, now: start });
      const published = await publishOnce(id, message).catch((error: unknown) => {
        if (!isWorthAnother(error)) throw error;
        return publishAgain(id, message, error, publishTimeoutMs - (systemClock.now() - start));
      });
      if (!published.duplicate) count('eventsPublished', { type: draft.type });
      return published;
    },
    async consume(options) {
      assertConsumeOptions(options);
      let inner: Subscription;
      try {
        inner = await subscribe(client, outbox, options as unknown as ConsumeOptions<never>);
      } catch (error) {
        throw toBrokerError(error, location, `creating the consumer ${options.durable}`);
      }
      const stop = () => {
        subscriptions.delete(subscription);
        return inner.stop();
      };
      const subscription: Subscription = { stop, [Symbol.asyncDispose]: stop };
      subscriptions.add(subscription);
      return subscription;
    },
    deadLetters: createDeadLetters(client),
    status: () => status,
    onStatus(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function followStatus({ connection }: NatsClient, set: (status: BusStatus) => void): Promise<void> {
  for await (const { type } of connection.status()) {
    if (type === 'reconnect') set('connected');
    if (type === 'disconnect' || type === 'reconnecting' || type === 'staleConnection') set('reconnecting');
  }
  set('closed');
}
