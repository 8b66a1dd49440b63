import { InvalidValueError } from '@medlego/errors';

const keyPattern = /^[a-z0-9_=-]+(?:\.[a-z0-9_=-]+)*$/;

/** Longest document as JSON, bytes: under the 1 MiB that a broker takes by default. */
export const maxValueBytes = 900_000;

/** @throws InvalidValueError */
export function assertKey(key: string): void {
  if (key.length > 250 || !keyPattern.test(key))
    throw new InvalidValueError({
      field: 'key',
      expected: 'segments of lower-case letters, digits, "-", "_" and "=", separated by dots',
      actual: JSON.stringify(key.slice(0, 80)),
    });
}

/** A document as the bytes that are stored. @throws InvalidValueError if it is too large */
export function encodeValue(key: string, value: unknown): Uint8Array {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  if (bytes.length > maxValueBytes)
    throw new InvalidValueError({ field: key, expected: `at most ${maxValueBytes} bytes`, actual: bytes.length });
  return bytes;
}

/** A name of an artifact as one segment: `=2e` stands for a dot. */
export const toSegment = (name: string): string => name.replaceAll('.', '=2e');
export const fromSegment = (segment: string): string => segment.replaceAll('=2e', '.');
