import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startNatsServer, startNode, suiteFolder, type NatsServer } from '@medlego/testing';
import { readGatewayConfig } from '../src/config.ts';
import { inferBody, openModels } from './clients.ts';

const folder = suiteFolder();
const program = join(import.meta.dirname, '..', 'src', 'main.ts');
let nats: NatsServer;

beforeAll(async () => {
  nats = await startNatsServer({ storeFolder: join(folder, 'nats') });
  await openModels(folder);
});
afterAll(() => nats.stop());

describe('the gateway as a process', () => {
  it('serves what its variables name, and ends at SIGTERM', { timeout: 120_000 }, async () => {
    const gateway = startNode(['--disable-warning=ExperimentalWarning', program, 'serve'], {
      env: {
        MEDLEGO_HOME: join(folder, 'home'),
        MEDLEGO_NATS_URL: nats.url,
        MEDLEGO_STORE: join(folder, 'store'),
        MEDLEGO_MODELS: 'blood, breast',
        MEDLEGO_THREADS: '1',
        MEDLEGO_HTTP_PORT: '0',
        MEDLEGO_RPC_PORT: '0',
        MEDLEGO_ADMIN_PORT: '0',
        MEDLEGO_AUDIT_LOG: 'stdout',
      },
    });
    const line = /\{"http":.*\}/;
    const { http, admin } = JSON.parse(line.exec(await gateway.waitFor(line))![0]) as Record<string, number>;
    expect((await fetch(`http://127.0.0.1:${admin}/readyz`)).status).toBe(200);
    const infer = { method: 'POST', body: await inferBody() };
    expect((await fetch(`http://127.0.0.1:${http}/v2/models/blood/infer`, infer)).status).toBe(200);
    await gateway.waitFor(/"action":"predict".*"model":"blood"/);
    expect(await gateway.kill('SIGTERM')).toMatchObject({ code: 0 });
  });

  it('refuses other commands', async () => {
    expect(await startNode([program, 'start']).ended).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('Expected "serve", got "start"') as string,
    });
  });
});

describe('its variables', () => {
  it('have defaults, and lists have commas', () => {
    expect(readGatewayConfig({ MEDLEGO_MODELS: '' })).toMatchObject({ MEDLEGO_HTTP_PORT: 8080, MEDLEGO_MODELS: [] });
    expect(readGatewayConfig({ MEDLEGO_CORS: 'https://a.example, https://b.example' }).MEDLEGO_CORS).toEqual([
      'https://a.example',
      'https://b.example',
    ]);
  });

  it.each([
    ['MEDLEGO_RATE_LIMIT', 'many'],
    ['MEDLEGO_HTTP_PORT', '70000'],
    ['MEDLEGO_THREADS', '0'],
  ])('%s is not %s, and that is said', (name, value) => {
    expect(() => readGatewayConfig({ [name]: value })).toThrow(name);
  });
});
