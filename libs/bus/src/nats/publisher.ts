import { JetStreamApiError, type ApiError } from '@nats-io/jetstream';
import { createInbox, type Msg, type NatsConnection } from '@nats-io/transport-node';
import type { Message } from '../message.ts';
import { toNatsHeaders } from './headers.ts';
import type { Outbox } from './outbox.ts';

export interface Stored {
  readonly sequence: number;
  readonly duplicate: boolean;
}

interface Waiting {
  readonly dueMs: number;
  readonly resolve: (stored: Stored) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Publishes to JetStream and waits for its acknowledgement, with any number on their way at the same time. One inbox and one timer
 * serve all of them; the client's own `publish` makes timers, promises and stack traces for each, which cost more than the event.
 */
export class Publisher {
  readonly #waiting = new Map<string, Waiting>(); // in the order of their deadlines
  readonly #inbox = createInbox();
  #nextToken = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #connection: NatsConnection;
  readonly #outbox: Outbox;
  readonly #timeoutMs: number;

  constructor(connection: NatsConnection, outbox: Outbox, timeoutMs: number) {
    this.#connection = connection;
    this.#outbox = outbox;
    this.#timeoutMs = timeoutMs;
    connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, answer) => {
        if (!error) this.#settle(answer);
      },
    });
    void connection.closed().then(() => this.#rejectUntil(Infinity, 'the connection was closed'));
  }

  /** Rejects with a JetStreamApiError, or an Error where the server gave no answer. */
  publish(id: string, { subject, headers, data }: Message): Promise<Stored> {
    const token = (this.#nextToken++).toString(36);
    return new Promise((resolve, reject) => {
      this.#waiting.set(token, { dueMs: performance.now() + this.#timeoutMs, resolve, reject });
      this.#timer ??= setTimeout(() => this.#expire(), this.#timeoutMs);
      this.#outbox.add(() => {
        try {
          const natsHeaders = toNatsHeaders({ ...headers, 'Nats-Msg-Id': id });
          this.#connection.publish(subject, data, { headers: natsHeaders, reply: `${this.#inbox}.${token}` });
        } catch (error) {
          this.#waiting.delete(token);
          reject(error as Error);
        }
      });
    });
  }

  #settle(answer: Msg): void {
    const token = answer.subject.slice(this.#inbox.length + 1);
    const waiting = this.#waiting.get(token);
    if (!waiting) return; // came after its deadline
    this.#waiting.delete(token);
    try {
      waiting.resolve(readAnswer(answer));
    } catch (error) {
      waiting.reject(error);
    }
  }

  #expire(): void {
    this.#timer = undefined;
    this.#rejectUntil(performance.now(), 'the server did not answer in time');
    const [oldest] = this.#waiting.values();
    if (oldest) this.#timer = setTimeout(() => this.#expire(), Math.max(1, oldest.dueMs - performance.now()));
  }

  #rejectUntil(nowMs: number, reason: string): void {
    for (const [token, { dueMs, reject }] of this.#waiting) {
      if (dueMs > nowMs) break;
      this.#waiting.delete(token);
      reject(new Error(reason));
    }
    if (this.#waiting.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

interface Answer {
  readonly stream?: string;
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: ApiError;
}

function readAnswer(answer: Msg): Stored {
  if (answer.data.length === 0) throw new Error('JetStream is not there'); // "no responders"
  const { stream, seq, duplicate = false, error } = answer.json<Answer>();
  if (error) throw new JetStreamApiError(error);
  if (!stream || seq === undefined) throw new Error('the answer is no acknowledgement');
  return { sequence: seq, duplicate };
}
