import canonicalize from 'canonicalize';
import { InvalidValueError } from '@medlego/errors';

/**
 * Canonical JSON (RFC 8785) in UTF-8: keys sorted, no spaces, one way to write each number. Equal values give equal bytes.
 * @throws InvalidValueError for what JSON cannot hold: NaN, infinities, cycles
 */
export function canonicalJson(value: unknown, field: string): Uint8Array {
  let text: string | undefined;
  let cause: unknown;
  try {
    text = canonicalize(value);
  } catch (error) {
    cause = error;
  }
  if (text === undefined)
    throw new InvalidValueError(
      { field, expected: 'a value that JSON can hold', actual: cause instanceof Error ? cause.message : typeof value },
      { cause, hint: 'Numbers have to be finite; use null for one that is not known.' },
    );
  return new TextEncoder().encode(text);
}
