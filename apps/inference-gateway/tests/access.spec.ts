import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addToken, staticTokens, type Scope } from '@medlego/access';
import { suiteFolder } from '@medlego/testing';
import { createGateway, type Gateway } from '../src/index.ts';
import { bearer, grpcCall, HealthClient, inferBody, inferMessage, openModels, reflectedServices } from './clients.ts';

const folder = suiteFolder();
const tokens: Partial<Record<Scope | 'none', string>> = { none: 'medlego_of-nobody' };
let gateway: Gateway;
let base: string;
let body: string;

beforeAll(async () => {
  const file = join(folder, 'tokens.json');
  for (const scope of ['read', 'predict', 'train', 'admin'] as const)
    tokens[scope] = (await addToken(file, { subject: `a-${scope}`, scopes: [scope] })).token;
  const consoleFolder = join(folder, 'console');
  mkdirSync(consoleFolder);
  writeFileSync(join(consoleFolder, 'index.html'), '<title>console</title>');
  gateway = await createGateway({
    store: await openModels(folder),
    models: ['breast', 'blood'],
    threads: 1,
    authenticator: staticTokens(file),
    adminToken: 'of-the-environment',
    cors: ['https://viewer.example'],
    consoleFolder,
  });
  base = `http://127.0.0.1:${gateway.http.port}`;
  body = await inferBody();
}, 60_000);
afterAll(() => gateway.close());

const get = (path: string, token?: string) => fetch(`${base}${path}`, { headers: bearer(token) });
const post = (path: string, token?: string) =>
  fetch(`${base}${path}`, { method: 'POST', body, headers: { ...bearer(token), 'content-type': 'application/json' } });

describe('over REST', () => {
  it.each(['/', '/some-page', '/v2/health/live', '/v2/health/ready'])('%s is open', async (path) => {
    expect((await get(path)).status).toBe(200);
  });

  it.each([
    ['GET', '/v2', ['read', 'predict']],
    ['GET', '/v2/models/blood', ['read', 'predict']],
    ['GET', '/v2/models/blood/ready', ['read', 'predict']],
    ['GET', '/v2/models/stats', ['read', 'predict']],
    ['GET', '/metrics', ['read']],
    ['GET', '/api/v1/server', ['read']],
    ['GET', '/api/v1/models', ['read']],
    ['GET', '/api/v1/traffic', ['read']],
    ['GET', '/api/v1/models/blood/lineage', ['read']],
    ['GET', '/api/v1/models/blood/graph.onnx', ['read']],
    ['POST', '/v2/repository/index', ['read']],
    ['POST', '/v2/models/blood/infer', ['predict']],
    ['POST', '/v2/repository/models/blood/load', []],
  ] as const)('%s %s needs one of %j, or admin', async (method, path, scopes) => {
    const ask = method === 'GET' ? get : post;
    const without = await ask(path);
    expect(without.status).toBe(401);
    expect(without.headers.get('www-authenticate')).toBe('Bearer realm="medlego"');
    const unknown = await ask(path, tokens.none);
    expect(unknown.status).toBe(401);
    expect(unknown.headers.get('www-authenticate')).toContain('error="invalid_token"');
    for (const scope of ['read', 'predict', 'train'] as const) {
      const response = await ask(path, tokens[scope]);
      const isAllowed = (scopes as readonly Scope[]).includes(scope);
      expect([scope, response.status]).toEqual([scope, isAllowed ? 200 : 403]);
      if (!isAllowed) expect(response.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
    }
    for (const token of [tokens.admin, 'of-the-environment']) expect((await ask(path, token)).status).toBe(200);
  });

  it('an image for the console needs predict', async () => {
    const image = Buffer.from((JSON.parse(body) as { inputs: { data: string[] }[] }).inputs[0]!.data[0]!, 'base64');
    const predict = (token?: string) =>
      fetch(`${base}/api/v1/models/blood/predict`, {
        method: 'POST',
        body: new Uint8Array(image),
        headers: bearer(token),
      });
    expect((await predict()).status).toBe(401);
    expect((await predict(tokens.read)).status).toBe(403);
    expect((await predict(tokens.predict)).status).toBe(200);
  });

  it('refuses before it looks at names: nobody learns what is served', async () => {
    const wrong = await (await post('/v2/models/nothing/infer')).text();
    expect(wrong).toBe(await (await post('/v2/models/blood/infer')).text());
  });

  it('lets pages of the listed origins ask, and of no others', async () => {
    const preflight = (origin: string) =>
      fetch(`${base}/v2/models/blood/infer`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
      });
    const allowed = await preflight('https://viewer.example');
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://viewer.example');
    expect(allowed.headers.get('access-control-allow-headers')).toContain('authorization');
    const other = await preflight('https://elsewhere.example');
    expect(other.headers.get('access-control-allow-origin')).not.toBe('https://elsewhere.example');
    const refused = await fetch(`${base}/v2`, { headers: { origin: 'https://viewer.example' } });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://viewer.example'); // the page can read why
  });
});

describe('over gRPC', () => {
  const call = (method: string, request: object, token?: string) =>
    grpcCall(gateway.grpc.port, method, request, { token });

  it.each([
    ['ServerMetadata', {}, ['read', 'predict']],
    ['ModelMetadata', { name: 'blood' }, ['read', 'predict']],
    ['ModelStatistics', {}, ['read', 'predict']],
    ['RepositoryIndex', {}, ['read']],
    ['ModelInfer', inferMessage('blood'), ['predict']],
    ['RepositoryModelLoad', { model_name: 'blood' }, []],
  ] as const)('%s needs a scope', async (method, request, scopes) => {
    await expect(call(method, request)).rejects.toMatchObject({ code: 16 });
    await expect(call(method, request, tokens.none)).rejects.toMatchObject({ code: 16 });
    for (const scope of ['read', 'predict', 'train'] as const) {
      const isAllowed = (scopes as readonly Scope[]).includes(scope);
      const outcome = await call(method, request, tokens[scope]).then(
        () => 0,
        ({ code }: { code: number }) => code,
      );
      expect([scope, outcome]).toEqual([scope, isAllowed ? 0 : 7]);
    }
    await expect(call(method, request, tokens.admin)).resolves.toBeDefined();
  });

  it('health and reflection are open', async () => {
    expect(await call('ServerReady', {})).toEqual({ ready: true });
    const health = (service: string) => grpcCall(gateway.grpc.port, 'Check', { service }, { client: HealthClient });
    await expect.poll(() => health('')).toMatchObject({ status: 1 });
    expect(await health('inference.GRPCInferenceService')).toMatchObject({ status: 1 });
    await expect(health('nothing')).rejects.toMatchObject({ code: 5 });
    expect(await reflectedServices(gateway.grpc.port)).toContain('inference.GRPCInferenceService');
  });

  it('the repository lists, unloads and loads models', async () => {
    const admin = (method: string, request: object) => call(method, request, tokens.admin);
    const names = async (ready = false) =>
      ((await admin('RepositoryIndex', { ready })) as { models: { name: string }[] }).models.map(({ name }) => name);
    expect((await names()).sort()).toEqual(['blood', 'breast']);
    await admin('RepositoryModelUnload', {
      model_name: 'breast',
      parameters: { unload_dependents: { bool_param: true } },
    });
    expect(await names(true)).toEqual(['blood']);
    await expect(admin('RepositoryModelUnload', { model_name: 'breast' })).rejects.toMatchObject({ code: 5 });
    await expect(
      admin('RepositoryModelLoad', { model_name: 'breast', parameters: { config: { string_param: '{}' } } }),
    ).rejects.toMatchObject({ code: 3 });
    await admin('RepositoryModelLoad', { model_name: 'breast' });
    expect((await names(true)).sort()).toEqual(['blood', 'breast']);
    await call('ModelInfer', inferMessage('breast'), tokens.predict);
    expect(await call('ModelStatistics', { name: 'breast' }, tokens.read)).toMatchObject({
      model_stats: [{ name: 'breast', inference_count: 1, inference_stats: { success: { count: 1 } } }],
    });
  });
});
