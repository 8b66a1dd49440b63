import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ArtifactStore } from '@medlego/artifacts';
import { addToken, staticTokens } from '@medlego/access';
import { suiteFolder } from '@medlego/testing';
import { createGateway, type AuditEntry, type Gateway } from '../src/index.ts';
import { bearer, grpcCall, inferBody, inferMessage, openModels } from './clients.ts';

const folder = suiteFolder();
const tokensFile = join(folder, 'tokens.json');
let store: ArtifactStore;
let token: string;
let other: string;

beforeAll(async () => {
  store = await openModels(folder);
  ({ token } = await addToken(tokensFile, { subject: 'pacs-bridge', scopes: ['predict'] }));
  ({ token: other } = await addToken(tokensFile, { subject: 'boss', scopes: ['admin'] }));
}, 60_000);

const infer = async (gateway: Gateway, bearerToken?: string, more: object = {}, model = 'blood') =>
  fetch(`http://127.0.0.1:${gateway.http.port}/v2/models/${model}/infer`, {
    method: 'POST',
    body: await inferBody(more),
    headers: bearer(bearerToken),
  });

describe('a rate limit', () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await createGateway({
      store,
      models: ['blood'],
      threads: 1,
      authenticator: staticTokens(tokensFile),
      rateLimit: { requests: 4, seconds: 600 },
    });
  }, 60_000);
  afterAll(() => gateway.close());
  const overGrpc = (bearerToken: string) =>
    grpcCall(gateway.grpc.port, 'ModelInfer', inferMessage('blood'), { token: bearerToken });

  it('is of one caller, over REST and gRPC together, and says when to come again', async () => {
    for (let i = 0; i < 2; i++) expect((await infer(gateway, token)).status).toBe(200);
    for (let i = 0; i < 2; i++) await overGrpc(token);
    const refused = await infer(gateway, token);
    expect(refused.status).toBe(429);
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(500);
    expect(seconds).toBeLessThanOrEqual(600);
    expect(await refused.text()).toContain('pacs-bridge may send 4 requests in 600 s');
    const error = await overGrpc(token).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 8 });
    const { metadata } = error as { metadata: { get(name: string): string[] } };
    expect(Number(metadata.get('grpc-retry-pushback-ms')[0])).toBeGreaterThan(500_000);
    expect((await infer(gateway, other)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${gateway.http.port}/v2/health/ready`)).status).toBe(200);
  });

  it('counts guesses of tokens', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++) statuses.push((await infer(gateway, `guess-${i}`)).status);
    expect(statuses).toEqual([401, 401, 401, 401, 429, 429]);
  });
});

describe('the audit log', () => {
  const file = join(folder, 'audit.jsonl');
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await createGateway({
      store,
      models: ['blood'],
      threads: 1,
      authenticator: staticTokens(tokensFile),
      auditLog: file,
    });
  }, 60_000);
  afterAll(() => gateway.close());
  const lines = async (): Promise<AuditEntry[]> =>
    (await readFile(file, 'utf8'))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as AuditEntry);

  it('says who asked which version about how many images, how it ended, and nothing of what was sent', async () => {
    const { digest } = gateway.models.current('blood').artifact;
    const answered = await infer(gateway, token, { id: 'MRN-4711', parameters: { note: 'Jane Doe' } });
    expect(answered.status).toBe(200);
    await infer(gateway);
    await infer(gateway, token, { outputs: [{ name: 'Jane Doe' }] });
    await infer(gateway, token, {}, 'jane_doe.dcm');
    await infer(gateway, 'medlego_Jane-Doe');
    await grpcCall(gateway.grpc.port, 'ModelInfer', inferMessage('blood', { id: 'MRN-4711' }), { token });
    await grpcCall(gateway.grpc.port, 'ModelInfer', inferMessage('Jane Doe'), { token }).catch(() => undefined);
    const base = `http://127.0.0.1:${gateway.http.port}`;
    await fetch(`${base}/v2/models/blood`, { headers: bearer(token) }); // looking is not noted
    const change = (action: string) =>
      fetch(`${base}/v2/repository/models/blood/${action}`, { method: 'POST', headers: bearer(other) });
    await change('unload');
    await change('load');
    await expect.poll(async () => (await lines()).length, { timeout: 10_000 }).toBe(9);

    const of = { via: 'rest', action: 'predict', model: 'blood', version: null, rows: null, subject: 'pacs-bridge' };
    expect(await lines()).toMatchObject([
      { ...of, version: digest, rows: 1, outcome: 'ok', requestId: answered.headers.get('x-request-id') },
      { ...of, subject: null, outcome: 'unauthenticated' },
      { ...of, outcome: 'invalid_value' },
      { ...of, model: null, outcome: 'model_not_served' },
      { ...of, subject: null, outcome: 'unauthenticated' },
      { ...of, via: 'grpc', version: digest, rows: 1, outcome: 'ok' },
      { ...of, via: 'grpc', model: null, outcome: 'model_not_served' },
      { ...of, subject: 'boss', action: 'unload', outcome: 'ok' },
      { ...of, subject: 'boss', action: 'load', version: digest, outcome: 'ok' },
    ]);
    const text = await readFile(file, 'utf8');
    expect(text).not.toMatch(/jane|MRN|\.dcm|127\.0\.0\.1/i);
    for (const entry of await lines()) {
      expect(Object.keys(entry).sort()).toEqual([
        'action',
        'latencyMs',
        'model',
        'outcome',
        'requestId',
        'rows',
        'subject',
        'time',
        'version',
        'via',
      ]);
      expect(entry.latencyMs).toBeGreaterThanOrEqual(0);
    }
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('that cannot be written makes the server not ready, and one that cannot be opened stops the start', async () => {
    const failing = new Writable({ write: (_chunk, _encoding, done) => done(new Error('no space left')) });
    const broken = await createGateway({ store, models: ['blood'], threads: 1, auditLog: failing });
    const ready = () => fetch(`http://127.0.0.1:${broken.http.port}/v2/health/ready`);
    expect((await ready()).status).toBe(200);
    expect((await infer(broken)).status).toBe(200); // an answer that was computed is given
    await expect.poll(async () => (await ready()).status).toBe(503);
    expect(await (await ready()).text()).toContain('audit log cannot be written: no space left');
    await broken.close();
    await expect(
      createGateway({ store, models: ['blood'], auditLog: join(folder, 'nowhere', 'audit.jsonl') }),
    ).rejects.toMatchObject({ code: 'file_not_found' });
  });
});
