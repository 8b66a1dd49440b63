import { DeadLetterNotFoundError } from '@medlego/errors';
import { JetStreamApiError, type StoredMsg } from '@nats-io/jetstream';
import type { DeadLetter, DeadLetterDetails, DeadLetters } from '../bus.ts';
import { decodeHeaderValue, encodeHeaderValue } from '../cloud-event-headers.ts';
import type { Message } from '../message.ts';
import type { NatsClient } from './connect.ts';
import { toBrokerError } from './errors.ts';
import { fromNatsHeaders, toNatsHeaders } from './headers.ts';
import { deadLetterRoot, deadLetterStream, replayRoot } from './streams.ts';

/** Headers that a dead letter has besides those of its event. */
const prefix = 'medlego-dlq-';

export interface Burial {
  readonly durable: string;
  readonly message: Message;
  readonly sequence: number;
  readonly code: string;
  readonly reason: string;
  readonly deliveries: number;
}

/** Copies an event to the dead letters; the same delivery again is no second letter. */
export async function bury(client: NatsClient, { durable, message, sequence, ...why }: Burial): Promise<void> {
  const facts = {
    subject: message.subject,
    code: why.code,
    deliveries: String(why.deliveries),
    reason: why.reason.slice(0, 4000),
  };
  const extra = Object.entries(facts).map(([name, value]) => [`${prefix}${name}`, encodeHeaderValue(value)]);
  await client.js.publish(`${deadLetterRoot}.${durable}`, message.data, {
    msgID: `${durable}.${sequence}`,
    headers: toNatsHeaders({ ...message.headers, ...(Object.fromEntries(extra) as Record<string, string>) }),
  });
}

/** A replay reaches only the durable whose letter it was, on a subject that only this durable reads. */
export const replayFilter = (durable: string): string => `${replayRoot}.${durable}.>`;

/** What was replayed is, for the handler, what it was: the event's own subject and headers. */
export function undoReplay({ subject, headers, data }: Message): Message {
  if (!subject.startsWith(`${replayRoot}.`)) return { subject, headers, data };
  const original = decodeHeaderValue(headers[`${prefix}subject`] ?? '');
  return { subject: original, data, headers: withoutFacts(headers) };
}

const withoutFacts = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(prefix) && !name.startsWith('Nats-')));

export function createDeadLetters(client: NatsClient): DeadLetters {
  const next = async (from: number, subject: string): Promise<StoredMsg | undefined> => {
    try {
      const query = { seq: from, next_by_subj: subject };
      return (await client.manager.streams.getMessage(deadLetterStream, query)) ?? undefined;
    } catch (error) {
      if (isNoMessage(error)) return undefined;
      throw toBrokerError(error, client.location, 'reading the dead letters');
    }
  };
  const find = async (id: string): Promise<StoredMsg> => {
    const sequence = Number(id);
    const isSequence = Number.isSafeInteger(sequence) && sequence > 0;
    const message = isSequence ? await next(sequence, `${deadLetterRoot}.>`) : undefined;
    if (message?.seq !== sequence) throw new DeadLetterNotFoundError({ id });
    return message;
  };
  const remove = (sequence: number) =>
    client.manager.streams.deleteMessage(deadLetterStream, sequence, false).catch((error: unknown) => {
      if (!isNoMessage(error)) throw toBrokerError(error, client.location, 'removing a dead letter');
    });

  return {
    async list({ limit = 100, after, durable } = {}) {
      const letters: DeadLetter[] = [];
      const subject = `${deadLetterRoot}.${durable ?? '>'}`;
      for (let from = Number(after ?? 0) + 1; letters.length < limit;) {
        const message = await next(from, subject);
        if (!message) break;
        letters.push(toDeadLetter(message));
        from = message.seq + 1;
      }
      return letters;
    },
    async show(id): Promise<DeadLetterDetails> {
      const message = await find(id);
      return { ...toDeadLetter(message), headers: withoutFacts(fromNatsHeaders(message.header)), data: message.data };
    },
    async replay(id) {
      const message = await find(id);
      const headers = fromNatsHeaders(message.header);
      delete headers['Nats-Msg-Id'];
      const durable = message.subject.slice(deadLetterRoot.length + 1);
      try {
        await client.js.publish(`${replayRoot}.${durable}.${id}`, message.data, {
          msgID: `replay.${deadLetterStream}.${id}`,
          headers: toNatsHeaders(headers),
        });
      } catch (error) {
        throw toBrokerError(error, client.location, 'replaying a dead letter');
      }
      await remove(message.seq);
    },
    async remove(id) {
      await remove((await find(id)).seq);
    },
  };
}

function toDeadLetter(message: StoredMsg): DeadLetter {
  const headers = fromNatsHeaders(message.header);
  const fact = (name: string) => decodeHeaderValue(headers[`${prefix}${name}`] ?? '');
  return {
    id: String(message.seq),
    durable: message.subject.slice(deadLetterRoot.length + 1),
    eventId: decodeHeaderValue(headers['ce-id'] ?? ''),
    subject: fact('subject'),
    code: fact('code'),
    reason: fact('reason'),
    deliveries: Number(fact('deliveries')),
    at: message.time.toISOString(),
  };
}

/** 10037: no message found; 10043: the sequence is gone. */
const isNoMessage = (error: unknown): boolean =>
  error instanceof JetStreamApiError && (error.code === 10037 || error.code === 10043 || error.status === 404);
