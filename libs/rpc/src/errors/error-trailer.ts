import type { AppError, ErrorKind } from '@medlego/errors';
import { RemoteError } from './remote-error.ts';

/** Trailer that carries an AppError: UTF-8 JSON `{ code, kind, message, facts }`. */
export const errorTrailer = 'medlego-error-bin';

/** Trailers share one header block of at most 8 KiB in common proxies. */
const maxBytes = 4096;

const kinds: Readonly<Record<ErrorKind, true>> = {
  bad_input: true,
  not_found: true,
  conflict: true,
  unsupported: true,
  corrupt: true,
  exhausted: true,
  unavailable: true,
  stopped: true,
};

/** Facts that would not fit are left out; the message is kept. */
export function encodeError({ code, kind, message, facts }: AppError): Uint8Array {
  const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const whole = encode({ code, kind, message, facts });
  return whole.length <= maxBytes ? whole : encode({ code, kind, message: message.slice(0, 1000), facts: {} });
}

/** The error that a trailer carries; undefined for none, or for one that is not ours. */
export function decodeError(bytes: Uint8Array | undefined, cause: unknown): RemoteError | undefined {
  if (!bytes) return undefined;
  try {
    const parsed = JSON.parse(new TextDecoder().decode(bytes)) as Partial<RemoteError>;
    const { code, kind, message, facts } = parsed;
    if (typeof code !== 'string' || typeof message !== 'string' || !kind || !Object.hasOwn(kinds, kind))
      return undefined;
    return new RemoteError({ code, kind, message, facts: facts ?? {} }, { cause });
  } catch {
    return undefined;
  }
}
