import { InvalidValueError } from '@medlego/errors';
import { events, type EventData, type EventType } from './subjects.ts';

/** Largest data of an event as JSON, bytes: well under the 1 MiB that a broker takes by default. */
export const maxEventBytes = 64 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Checks an event's data and returns them without fields that the schema does not know: an older reader understands a
 * newer writer.
 * @throws InvalidValueError naming the field
 */
export function parseEventData<T extends EventType>(type: T, data: unknown): EventData<T> {
  const definition = events.find((candidate) => candidate.type === type);
  if (!definition) throw new InvalidValueError({ field: 'event type', expected: 'a known one', actual: String(type) });
  const result = definition.data.safeParse(data);
  if (result.success) return result.data as EventData<T>;
  const issue = result.error.issues[0]!;
  const actual = issue.path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)?.[key], data);
  throw new InvalidValueError({
    field: [type, ...issue.path].join('.'),
    expected: issue.message,
    actual: (JSON.stringify(actual) ?? 'nothing').slice(0, 200),
  });
}

/** Data of an event as the bytes that travel. @throws InvalidValueError if they do not fit the schema or are too large */
export function encodeEventData<T extends EventType>(type: T, data: EventData<T>): Uint8Array {
  const bytes = encoder.encode(JSON.stringify(parseEventData(type, data)));
  if (bytes.length > maxEventBytes)
    throw new InvalidValueError({ field: type, expected: `at most ${maxEventBytes} bytes`, actual: `${bytes.length}` });
  return bytes;
}

/** The reverse. @throws InvalidValueError naming the field, or saying that it is no JSON */
export function decodeEventData<T extends EventType>(type: T, bytes: Uint8Array): EventData<T> {
  if (bytes.length > maxEventBytes)
    throw new InvalidValueError({ field: type, expected: `at most ${maxEventBytes} bytes`, actual: `${bytes.length}` });
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw new InvalidValueError({ field: type, expected: 'JSON', actual: `${bytes.length} other bytes` }, { cause });
  }
  return parseEventData(type, value);
}
