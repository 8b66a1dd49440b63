import { randomUUID } from 'node:crypto';
import { InvalidValueError } from '@medlego/errors';
import {
  cloudEventType,
  decodeEventData,
  encodeEventData,
  parseSubject,
  subjectOf,
  type EventType,
} from '@medlego/contracts';
import { currentTraceparent } from '@medlego/telemetry';
import type { BusEvent, EventDraft } from './bus.ts';
import { fromCloudEventHeaders, toCloudEventHeaders } from './cloud-event-headers.ts';

/** An event on its way. */
export interface Message {
  readonly subject: string;
  /** Names in lower case: NATS tells cases apart. */
  readonly headers: Readonly<Record<string, string>>;
  readonly data: Uint8Array;
}

/** Ids are header values of the broker and keys of its duplicate window. */
const idPattern = /^[\x21-\x7e]{1,200}$/;

/** @throws InvalidValueError naming the field */
export function toMessage(
  draft: EventDraft,
  { source, now }: { source: string; now: number },
): { readonly id: string; readonly message: Message } {
  const { type, about, data, id = randomUUID(), traceparent = currentTraceparent() } = draft;
  if (!idPattern.test(id))
    throw new InvalidValueError({
      field: 'event id',
      expected: '1 to 200 visible ASCII characters',
      actual: JSON.stringify(id),
    });
  const headers = toCloudEventHeaders({
    id,
    type: cloudEventType(type),
    source,
    subject: about,
    time: new Date(now).toISOString(),
  });
  if (traceparent !== undefined) headers['traceparent'] = traceparent;
  return { id, message: { subject: subjectOf(type, about), headers, data: encodeEventData(type, data as never) } };
}

/** @throws InvalidValueError for what is no event of ours, or whose data do not fit */
export function fromMessage({ subject, headers, data }: Message): BusEvent {
  const parsed = parseSubject(subject);
  if (!parsed) throw new InvalidValueError({ field: 'subject', expected: 'a known event', actual: subject });
  const { id, source, time, type } = fromCloudEventHeaders((name) => headers[name]);
  if (type !== cloudEventType(parsed.type))
    throw new InvalidValueError({ field: 'ce-type', expected: cloudEventType(parsed.type), actual: type });
  const event: BusEvent<EventType> = {
    id,
    type: parsed.type,
    about: parsed.id,
    data: decodeEventData(parsed.type, data),
    source,
    time,
    traceparent: headers['traceparent'],
  } as BusEvent;
  return event;
}
