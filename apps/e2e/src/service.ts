import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { startNode, workspaceRoot, type Child, type ChildOutcome } from '@medlego/testing';
import { freePort } from './free-port.ts';

export type App = 'trainer' | 'merger' | 'evaluator' | 'inference-gateway';

/** A service as a process of its own, always at the same ports and with the same folder. */
export interface Service {
  readonly app: App;
  /** `host:port` of gRPC. */
  readonly address: string;
  /** Of REST, where it has that. */
  readonly http: string;
  /** Of `/livez`, `/readyz`, `/metrics`. */
  readonly admin: string;
  kill(signal?: NodeJS.Signals): Promise<ChildOutcome>;
  start(): Promise<void>;
  /** Resolves as soon as it says that it is ready. @throws Error with its output if it ends before */
  ready(): Promise<void>;
  /** What `/readyz` answers; 0 for nothing. */
  status(): Promise<number>;
}

export interface ServiceOptions {
  readonly app: App;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** Default: the app's own. */
  readonly program?: string;
}

export async function createService({ app, home, env, program }: ServiceOptions): Promise<Service> {
  const [rpc, http, adminPort] = [await freePort(), await freePort(), await freePort()];
  const root = workspaceRoot();
  const admin = `http://127.0.0.1:${adminPort}`;
  const ports = { MEDLEGO_RPC_PORT: rpc, MEDLEGO_HTTP_PORT: http, MEDLEGO_ADMIN_PORT: adminPort };
  let child: Child | undefined;
  let outcome: ChildOutcome | undefined;

  const status = async () => {
    const answer = await fetch(`${admin}/readyz`, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
    return answer?.status ?? 0;
  };
  const ready = async () => {
    while ((await status()) !== 200) {
      if (outcome) throw new Error(`${app} ended (${outcome.code ?? outcome.signal}).\n${outcome.stderr}`);
      await sleep(50);
    }
  };
  return {
    app,
    address: `127.0.0.1:${rpc}`,
    http: `http://127.0.0.1:${http}`,
    admin,
    status,
    ready,
    async kill(signal) {
      if (!child) throw new Error(`${app} was not started.`);
      return child.kill(signal);
    },
    async start() {
      outcome = undefined;
      const started = startNode([program ?? join(root, 'apps', app, 'src', 'main.ts'), 'serve'], {
        cwd: root,
        env: { ...env, MEDLEGO_HOME: home, ...mapValues(ports, String) },
      });
      child = started;
      void started.ended.then((end) => {
        if (child === started) outcome = end;
      });
      await ready();
    },
  };
}

const mapValues = <T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
