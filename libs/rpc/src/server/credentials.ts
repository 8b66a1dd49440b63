import { readFile } from 'node:fs/promises';
import { experimental, ServerCredentials } from '@grpc/grpc-js';
import { InvalidValueError, toAppError } from '@medlego/errors';

/** Files in PEM; they are read again when they change, so that a renewed certificate needs no restart. */
export interface ServerTls {
  readonly cert: string;
  readonly key: string;
  /** Certificates of who may connect: with it, a client without one of theirs is turned away (mTLS). */
  readonly ca?: string;
  /** Default: 60,000. */
  readonly reloadEveryMs?: number;
}

/** @throws InvalidValueError for a file that is no PEM; FileNotFoundError, AccessDeniedError */
export async function serverCredentials(tls: ServerTls | undefined): Promise<ServerCredentials> {
  if (!tls) return ServerCredentials.createInsecure();
  const { cert, key, ca, reloadEveryMs = 60_000 } = tls;
  await Promise.all([readPem('tls.cert', cert), readPem('tls.key', key), ca && readPem('tls.ca', ca)]);
  const provider = new experimental.FileWatcherCertificateProvider({
    certificateFile: cert,
    privateKeyFile: key,
    ...(ca !== undefined && { caCertificateFile: ca }),
    refreshIntervalMs: reloadEveryMs,
  });
  return experimental.createCertificateProviderServerCredentials(provider, ca ? provider : null, ca !== undefined);
}

/** @throws InvalidValueError, and as `toAppError` */
export async function readPem(field: string, path: string): Promise<Buffer> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw toAppError(error, { path, what: field });
  });
  if (!bytes.includes('-----BEGIN ')) throw new InvalidValueError({ field, expected: 'a file in PEM', actual: path });
  return bytes;
}
