import { spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '@medlego/async';
import { startNatsServer } from '@medlego/testing';
import type { Bench, MeasureOptions, Measured } from '../bench.ts';
import { workspaceRoot } from '../workspace.ts';

const targetMb = 120;
const settleMs = 1000;
const settledMb = 1;
const mostRounds = 30;

/** Resident memory of a service that was started against an empty broker, once it is ready and its memory stands still. */
async function measure({ size: app, folder }: MeasureOptions): Promise<Measured> {
  const server = await startNatsServer({ storeFolder: join(folder, 'nats') });
  const [rpc, admin] = await Promise.all([freePort(), freePort()]);
  const service = spawn(process.execPath, [join(workspaceRoot, 'apps', app, 'src/main.ts'), 'serve'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      MEDLEGO_NATS_URL: server.url,
      MEDLEGO_HOME: join(folder, 'home'),
      MEDLEGO_STORE: 'nats',
      MEDLEGO_RPC_HOST: '127.0.0.1',
      MEDLEGO_RPC_PORT: String(rpc),
      MEDLEGO_ADMIN_PORT: String(admin),
      MEDLEGO_INSECURE: 'true',
    },
  });
  try {
    await isServing(service);
    let value = await residentMb(service.pid!);
    for (let round = 0; round < mostRounds; round++) {
      await systemClock.sleep(settleMs);
      const before = value;
      value = await residentMb(service.pid!);
      if (Math.abs(value - before) < settledMb) break;
    }
    return { value, details: { targetMb, ratioToTarget: value / targetMb } };
  } finally {
    service.kill('SIGKILL');
    await server.stop();
  }
}

async function residentMb(pid: number): Promise<number> {
  const match = /VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'));
  return Number(match![1]) / 1024;
}

const isServing = (service: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    let output = '';
    service.stderr!.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('"serving"')) resolve();
    });
    service.once('error', reject).once('close', () => reject(new Error(`The service ended: ${output}`)));
  });

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) =>
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve((address as { readonly port: number }).port));
    }),
  );
}

export const idle: Bench = {
  name: 'idle',
  title: 'Resident memory of an idle service',
  unit: 'MB',
  higherIsBetter: false,
  sizes: ['trainer', 'merger', 'evaluator'],
  note: `On Linux; connected to nats-server, nothing to do yet. Target: less than ${targetMb} MB each.`,
  measure,
};
