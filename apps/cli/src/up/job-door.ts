import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Authenticator, Caller } from '@medlego/access';
import { UnauthenticatedError } from '@medlego/errors';
import { writeFileAtomic } from '@medlego/tensors';

/**
 * Where Jobs reach the services: on this machine only, so that no certificate's name has to fit, and with a token of their own. Both stay the
 * same over restarts, so that Jobs which outlive a crash of the services report to the next ones.
 */
export interface JobDoor {
  readonly port: number;
  readonly token: string;
  /** Lets in who has the token. */
  readonly authenticator: Authenticator;
}

export async function openJobDoor(home: string): Promise<JobDoor> {
  const folder = join(home, 'jobs');
  const file = join(folder, 'door.json');
  const known = await readDoor(file);
  const door =
    known && (await isFree(known.port))
      ? known
      : { port: await freePort(), token: known?.token ?? randomBytes(32).toString('base64url') };
  if (door !== known) {
    await mkdir(folder, { recursive: true });
    await writeFileAtomic(file, `${JSON.stringify(door)}\n`, { what: 'door of jobs', mode: 0o600 });
  }
  const caller: Caller = { subject: 'job', scopes: new Set(['read', 'publish']) };
  const authenticate = (token: string | undefined) =>
    token === door.token
      ? Promise.resolve(caller)
      : Promise.reject(new UnauthenticatedError({ reason: 'this port is for Jobs' }));
  return { ...door, authenticator: { authenticate } };
}

type Kept = Pick<JobDoor, 'port' | 'token'>;

async function readDoor(file: string): Promise<Kept | undefined> {
  try {
    const { port, token } = JSON.parse(await readFile(file, 'utf8')) as Partial<Kept>;
    return typeof port === 'number' && typeof token === 'string' ? { port, token } : undefined;
  } catch {
    return undefined; // the first start, or a file that says nothing
  }
}

/** Listens for a moment. @param port 0: any */
const tryPort = (port: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const { port: bound } = server.address() as AddressInfo;
      server.close(() => resolve(bound));
    });
  });

const isFree = async (port: number): Promise<boolean> => (await tryPort(port)) !== undefined;
const freePort = async (): Promise<number> => (await tryPort(0))!;
