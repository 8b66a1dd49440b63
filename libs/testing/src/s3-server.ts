import { createServer, type AddressInfo } from 'node:net';
import { serverProgram, startServer } from './server-program.ts';

export interface S3Server {
  /** `http://127.0.0.1:<port>`; it takes any credentials. */
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** A real S3 server (SeaweedFS, all parts in one process) on free ports, for the tests of one file; start it in a `beforeAll`, stop it in an `afterAll`. */
export async function startS3Server(folder: string): Promise<S3Server> {
  const [master, masterGrpc, volume, volumeGrpc, filer, filerGrpc, s3, s3Grpc] = await freePorts(8);
  const server = startServer(serverProgram('weed'), [
    'server',
    `-dir=${folder}`,
    '-ip=127.0.0.1',
    '-ip.bind=127.0.0.1',
    `-master.port=${master}`,
    `-master.port.grpc=${masterGrpc}`,
    '-master.volumeSizeLimitMB=64',
    `-volume.port=${volume}`,
    `-volume.port.grpc=${volumeGrpc}`,
    '-volume.max=16',
    '-filer',
    `-filer.port=${filer}`,
    `-filer.port.grpc=${filerGrpc}`,
    '-s3',
    `-s3.port=${s3}`,
    `-s3.port.grpc=${s3Grpc}`,
    '-s3.port.iceberg=0',
    '-s3.port.lance=0',
  ]);
  await server.waitFor(/Start Seaweed S3 API Server/);
  return { endpoint: `http://127.0.0.1:${s3}`, stop: () => server.kill() };
}

/** Held all at once before they are let go, so no two are the same. */
async function freePorts(count: number): Promise<number[]> {
  const holders = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const holder = createServer();
          holder.once('error', reject).listen(0, '127.0.0.1', () => resolve(holder));
        }),
    ),
  );
  const ports = holders.map((holder) => (holder.address() as AddressInfo).port);
  await Promise.all(holders.map((holder) => new Promise((resolve) => holder.close(resolve))));
  return ports;
}
