import { ServiceUnavailableError } from '@medlego/errors';
import { ClientError, type ClientMiddleware, type Metadata, Status } from 'nice-grpc';
import { decodeError, errorTrailer } from '../errors/error-trailer.ts';
import { RemoteError } from '../errors/remote-error.ts';

/** Makes the AppError that the other side sent of a failed call, or one that says what the transport met. */
export const translateFailures = (address: string): ClientMiddleware =>
  async function* (call, options) {
    let trailer: Metadata | undefined;
    const onTrailer = (received: Metadata) => {
      trailer = received;
      options.onTrailer?.(received);
    };
    try {
      return yield* call.next(call.request, { ...options, onTrailer });
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      throw decodeError(trailer?.get(errorTrailer), error) ?? transportError(error, address);
    }
  };

function transportError(error: ClientError, address: string) {
  const options = { cause: error };
  const { path, details } = error;
  switch (error.code) {
    case Status.UNAVAILABLE:
      return new ServiceUnavailableError({ address, reason: details }, options);
    case Status.DEADLINE_EXCEEDED:
      return new RemoteError(
        {
          code: 'deadline_exceeded',
          kind: 'unavailable',
          message: `${address}: ${path} took too long.`,
          facts: { path, address },
        },
        options,
      );
    case Status.UNIMPLEMENTED:
      return new RemoteError(
        {
          code: 'rpc_unimplemented',
          kind: 'unsupported',
          message: `${address} has no ${path}.`,
          facts: { path, address },
        },
        options,
      );
    case Status.RESOURCE_EXHAUSTED:
      return new RemoteError(
        { code: 'rpc_exhausted', kind: 'exhausted', message: `${address}: ${details}`, facts: { path, address } },
        options,
      );
    default: {
      const code = `rpc_${Status[error.code]!.toLowerCase()}`;
      return new RemoteError(
        { code, kind: 'unavailable', message: `${address}: ${path} failed (${details}).`, facts: { path, address } },
        options,
      );
    }
  }
}
