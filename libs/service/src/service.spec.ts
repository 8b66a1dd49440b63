import { createServer } from 'node:net';
import { once } from 'node:events';
import { InvalidValueError } from '@medlego/errors';
import { RegistryDefinition, type RegistryServiceImplementation } from '@medlego/contracts/rpc';
import { connectRpc, rpcService, type RpcService } from '@medlego/rpc';
import { hasServer, startNatsServer, temporaryFolder } from '@medlego/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { readServiceConfig, serveApp, type AppContext } from './index.ts';

describe('the settings of a service', () => {
  it('have defaults, and take what is said', () => {
    expect(readServiceConfig({ MEDLEGO_RPC_PORT: '9000', MEDLEGO_OIDC_ISSUER: '' })).toMatchObject({
      MEDLEGO_RPC_PORT: 9000,
      MEDLEGO_ADMIN_PORT: 9464,
      MEDLEGO_STORE: 'nats',
      MEDLEGO_OIDC_ISSUER: undefined,
      MEDLEGO_INSECURE: false,
    });
  });

  it.each([
    ['MEDLEGO_RPC_PORT', 'many'],
    ['MEDLEGO_RPC_PORT', '70000'],
    ['MEDLEGO_JOBS', 'cloud'],
    ['MEDLEGO_INSECURE', 'yes'],
    ['MEDLEGO_NATS_REPLICAS', '2'],
  ])('name the variable that is wrong: %s=%s', (field, actual) => {
    const read = () => readServiceConfig({ [field]: actual });
    expect(read).toThrow(InvalidValueError);
    expect(read).toThrow(expect.objectContaining({ facts: expect.objectContaining({ field, actual }) }));
  });
});

const scopes = new Proxy({}, { get: () => 'read' }) as never;
/** A registry that knows one run. */
const service = (): RpcService =>
  rpcService(
    RegistryDefinition,
    new Proxy({} as RegistryServiceImplementation, {
      get: (_, name) => () =>
        name === 'getRun' ? Promise.resolve({ run: { id: 'r' } }) : Promise.reject(new TypeError('not in this test')),
    }),
    { scopes },
  );

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const app = { services: [service()], start: () => {}, close: () => Promise.resolve() };

describe('a service', () => {
  it('needs a broker, and does not let everybody in from outside', async () => {
    const env = { MEDLEGO_ADMIN_PORT: '0', MEDLEGO_LOG_LEVEL: 'silent' };
    const build = () => Promise.resolve(app);
    expect(await serveApp({ app: 'test', build, env })).toBe(64);
    expect(await serveApp({ app: 'test', build, env: { ...env, MEDLEGO_RPC_HOST: '0.0.0.0' } })).toBe(64);
  });

  it.skipIf(!hasServer('nats-server'))(
    'answers, is ready while the broker answers, and ends when it is told to',
    { timeout: 60_000 },
    async () => {
      const nats = await startNatsServer({ storeFolder: temporaryFolder() });
      onTestFinished(() => nats.stop());
      const [rpcPort, adminPort] = [await freePort(), await freePort()];
      const stop = new AbortController();
      const order: string[] = [];
      const build = ({ bus, store }: AppContext) => {
        order.push(`built on ${bus.status()}`);
        expect(store.location).toContain('nats');
        return Promise.resolve({
          ...app,
          start: () => void order.push('started'),
          close: () => Promise.resolve(void order.push('closed')),
        });
      };
      const ended = serveApp({
        app: 'test',
        build,
        signal: stop.signal,
        env: {
          MEDLEGO_NATS_URL: nats.url,
          MEDLEGO_HOME: temporaryFolder(),
          MEDLEGO_RPC_PORT: String(rpcPort),
          MEDLEGO_ADMIN_PORT: String(adminPort),
          MEDLEGO_LOG_LEVEL: 'silent',
        },
      });
      const ready = async () => (await fetch(`http://127.0.0.1:${adminPort}/readyz`)).status;
      await vi.waitFor(async () => expect(await ready()).toBe(200), { timeout: 20_000 });
      using rpc = await connectRpc({ address: `127.0.0.1:${rpcPort}` });
      expect((await rpc.client(RegistryDefinition).getRun({ id: 'r' })).run?.id).toBe('r');
      expect(await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text()).toMatch(
        /^medlego_broker_connected 1$/m,
      );

      await nats.stop();
      await vi.waitFor(async () => expect(await ready()).toBe(503), { timeout: 20_000 });
      expect((await fetch(`http://127.0.0.1:${adminPort}/livez`)).status).toBe(200);
      await nats.start();
      await vi.waitFor(async () => expect(await ready()).toBe(200), { timeout: 20_000 });

      stop.abort();
      expect(await ended).toBe(0);
      expect(order).toEqual(['built on connected', 'started', 'closed']);
    },
  );
});
