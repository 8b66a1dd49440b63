import { InvalidValueError } from '@medlego/errors';

/** What of a CloudEvent travels in headers in binary mode; the data travel as they are. */
export interface CloudEventAttributes {
  readonly id: string;
  /** CloudEvents `type`, such as `medlego.run.requested.v1`. */
  readonly type: string;
  readonly source: string;
  readonly subject: string;
  /** ISO 8601 in UTC. */
  readonly time: string;
}

/**
 * CloudEvents 1.0 attributes as NATS headers, binary mode. Values are percent-encoded where a header cannot hold them: space, quote,
 * percent, control characters and everything outside ASCII.
 * Source: cloudevents/spec, NATS protocol binding 1.0.3, sections 3.1.3 to 3.1.4.
 */
export function toCloudEventHeaders({ id, type, source, subject, time }: CloudEventAttributes): Record<string, string> {
  return {
    'ce-specversion': '1.0',
    'ce-id': encodeHeaderValue(id),
    'ce-type': encodeHeaderValue(type),
    'ce-source': encodeHeaderValue(source),
    'ce-subject': encodeHeaderValue(subject),
    'ce-time': encodeHeaderValue(time),
    'ce-datacontenttype': 'application/json',
  };
}

/** The reverse; attributes that we do not use are ignored. @throws InvalidValueError naming the header */
export function fromCloudEventHeaders(get: (header: string) => string | undefined): CloudEventAttributes {
  const read = (name: string): string => {
    const value = get(`ce-${name}`);
    if (!value) throw new InvalidValueError({ field: `ce-${name}`, expected: 'a header', actual: 'none' });
    return decodeHeaderValue(value);
  };
  const version = read('specversion');
  if (!version.startsWith('1.'))
    throw new InvalidValueError({ field: 'ce-specversion', expected: '1.0', actual: version });
  return { id: read('id'), type: read('type'), source: read('source'), subject: read('subject'), time: read('time') };
}

/** Percent-encodes what a header cannot hold, as UTF-8 with upper-case hex digits. */
export function encodeHeaderValue(value: string): string {
  if (/^[\x21\x23\x24\x26-\x7e]*$/.test(value)) return value;
  return value
    .toWellFormed()
    .replace(/[^\x21\x23\x24\x26-\x7e]+/g, (unsafe) =>
      Array.from(
        new TextEncoder().encode(unsafe),
        (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
      ).join(''),
    );
}

/** Takes percent signs that begin no valid sequence as they are, as the binding asks of readers. */
export function decodeHeaderValue(value: string): string {
  if (!value.includes('%')) return value;
  return value.replace(/(?:%[0-9A-Fa-f]{2})+/g, (sequence) => {
    const bytes = Uint8Array.from(sequence.slice(1).split('%'), (hex) => Number.parseInt(hex, 16));
    return new TextDecoder().decode(bytes);
  });
}
