import { BrokerFullError, BrokerUnavailableError, isSystemError, type AppError } from '@medlego/errors';
import { AppError as AppErrorBase } from '@medlego/errors';
import { JetStreamApiError } from '@nats-io/jetstream';

/** JetStream's error codes for "no room": storage, memory, stream and account limits, message counts. */
const fullCodes = new Set([10002, 10023, 10028, 10047, 10077, 10120]);

/** What the client or the server reported, as an error of ours. Everything but "full" is worth another try. */
export function toBrokerError(error: unknown, server: string, what: string): AppError {
  if (error instanceof AppErrorBase) return error;
  if (error instanceof JetStreamApiError) {
    const { err_code, description } = error.apiError();
    const isFull =
      fullCodes.has(err_code) || /insufficient|maximum (?:bytes|messages)|no space left/i.test(description);
    if (isFull) return new BrokerFullError({ server, what, reason: description }, { cause: error });
    return new BrokerUnavailableError({ server, reason: `${what}: ${description}` }, { cause: error });
  }
  const reason = isSystemError(error)
    ? error.code
    : error instanceof Error
      ? error.message || error.name
      : String(error);
  return new BrokerUnavailableError({ server, reason: `${what}: ${reason}` }, { cause: error });
}
