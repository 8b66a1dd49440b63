import { readFile, stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Server } from 'node:https';
import { InvalidValueError, toAppError } from '@medlego/errors';
import type { ServerTls } from '@medlego/rpc';

/** What `https` takes. */
export interface HttpsOptions {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
}

/** @throws errors of files; InvalidValueError for a pair that does not belong together */
export async function readTls({ cert, key, ca }: ServerTls): Promise<HttpsOptions> {
  const read = (what: string, path: string) =>
    readFile(path).catch((error: unknown) => {
      throw toAppError(error, { path, what });
    });
  const options = {
    cert: await read('tls.cert', cert),
    key: await read('tls.key', key),
    ...(ca !== undefined && { ca: await read('tls.ca', ca) }),
    requestCert: ca !== undefined,
    rejectUnauthorized: ca !== undefined,
  };
  try {
    createSecureContext(options);
  } catch (cause) {
    const actual = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidValueError({ field: 'tls', expected: 'a certificate and its key, in PEM', actual }, { cause });
  }
  return options;
}

/**
 * Takes up certificates that were renewed. One that cannot be used leaves the old one in place, to be tried again.
 * @returns how to stop
 */
export function followTls(tls: ServerTls, server: Server): () => void {
  const { cert, key, ca, reloadEveryMs = 60_000 } = tls;
  const files = [cert, key, ...(ca === undefined ? [] : [ca])];
  const stampOf = async () => (await Promise.all(files.map((file) => stat(file)))).map(({ mtimeMs }) => mtimeMs).join();
  let stamp: string | undefined;
  const look = async (): Promise<void> => {
    const now = await stampOf();
    if (stamp !== undefined && now !== stamp) {
      server.setSecureContext(await readTls(tls));
    }
    stamp = now;
  };
  const quietly = () => void look().catch(() => undefined);
  quietly();
  const timer = setInterval(quietly, reloadEveryMs).unref();
  return () => clearInterval(timer);
}
