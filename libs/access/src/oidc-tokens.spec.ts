import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oidcTokens } from './index.ts';

interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

const newKey = async (kid: string): Promise<SigningKey> => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } };
};

let provider: Server;
let issuer: string;
let keys: SigningKey[];
let fetches = { discovery: 0, keys: 0 };
let isDown = false;

beforeAll(async () => {
  keys = [await newKey('one')];
  provider = createServer((request, response) => {
    if (isDown) return void response.writeHead(500).end();
    const isDiscovery = request.url === '/.well-known/openid-configuration';
    fetches[isDiscovery ? 'discovery' : 'keys']++;
    const answer = isDiscovery ? { issuer, jwks_uri: `${issuer}/keys` } : { keys: keys.map(({ jwk }) => jwk) };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => provider.close(resolve)));

const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;
const claims = (changes: JWTPayload = {}): JWTPayload => ({
  iss: issuer,
  aud: 'medlego',
  sub: 'dr-who',
  exp: inAnHour(),
  scope: 'openid predict',
  ...changes,
});
const sign = (payload: JWTPayload, { kid, privateKey } = keys[0]!): Promise<string> =>
  new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey);
const access = (options = {}) => oidcTokens({ issuer, audience: 'medlego', cooldownMs: 0, ...options });

describe('tokens of a provider', () => {
  it('give subject and scopes, and the keys are fetched once', async () => {
    fetches = { discovery: 0, keys: 0 };
    const authenticator = access();
    const token = await sign(claims());
    const callers = await Promise.all([1, 2, 3, 4].map(() => authenticator.authenticate(token)));
    expect(callers[3]).toEqual({ subject: 'dr-who', scopes: new Set(['predict']) });
    expect(fetches).toEqual({ discovery: 1, keys: 1 });
  });

  it.each([
    [{ scope: 'medlego:read medlego.train email' }, ['read', 'train']],
    [{ scope: undefined, roles: ['promote', 7] }, ['promote']],
    [{ scope: undefined, realm_access: { roles: ['evaluate'] } }, ['evaluate']],
    [{ scope: 'constructor __proto__' }, []],
  ])('with %j allow %j', async (changes, scopes) => {
    const caller = await access().authenticate(await sign(claims(changes)));
    expect([...caller.scopes].sort()).toEqual(scopes);
  });

  it('can have their scopes in a claim of another name', async () => {
    const token = await sign(claims({ 'https://clinic.example/may': ['merge'], ours: { may: 'read' } }));
    const scopesOf = async (scopesClaim: string) => [...(await access({ scopesClaim }).authenticate(token)).scopes];
    expect(await scopesOf('https://clinic.example/may')).toEqual(['merge']);
    expect(await scopesOf('ours.may')).toEqual(['read']);
  });

  it.each([
    ['has expired', { exp: 1_000_000_000 }],
    ['another audience', { aud: 'billing' }],
    ['another issuer', { iss: 'https://evil.example' }],
    ['sub is missing', { sub: undefined }],
    ['exp is missing', { exp: undefined }],
    ['nbf is not accepted', { nbf: inAnHour() }],
  ])('are refused when the token %s', async (words, changes) => {
    await expect(access().authenticate(await sign(claims(changes)))).rejects.toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining(words) as string,
    });
  });

  it('may be of a clock that is a little off', async () => {
    const token = await sign(claims({ exp: Math.floor(Date.now() / 1000) - 5 }));
    await expect(access().authenticate(token)).resolves.toMatchObject({ subject: 'dr-who' });
    await expect(access({ clockToleranceSeconds: 1 }).authenticate(token)).rejects.toThrow('expired');
  });

  it('are refused without a signature, with a shared secret, a forged one, or as something else', async () => {
    const none = new UnsecuredJWT(claims()).encode();
    const shared = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .sign(new TextEncoder().encode(JSON.stringify(keys[0]!.jwk)));
    const forged = await sign(claims(), { ...(await newKey('forged')), kid: 'one' });
    const [head, , tail] = (await sign(claims())).split('.');
    const changed = [head, Buffer.from(JSON.stringify(claims({ scope: 'admin' }))).toString('base64url'), tail].join(
      '.',
    );
    for (const token of [none, shared, forged, changed, 'a.b.c', 'opaque', `${'a'.repeat(20_000)}.b.c`, undefined])
      await expect(access().authenticate(token)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('by a new key are accepted when the provider has it, and by an old one not when it is gone', async () => {
    const authenticator = access();
    const [old] = keys;
    const before = await sign(claims());
    await authenticator.authenticate(before);
    const next = await newKey('two');
    const token = await sign(claims(), next);
    await expect(authenticator.authenticate(token)).rejects.toThrow('a key that its issuer does not have');
    keys = [next];
    await expect(authenticator.authenticate(token)).resolves.toMatchObject({ subject: 'dr-who' });
    await expect(authenticator.authenticate(before)).rejects.toMatchObject({ code: 'unauthenticated' });
    keys = [old!];
  });

  it('cannot be judged while the provider is down, and can be afterwards', async () => {
    const authenticator = access();
    const token = await sign(claims());
    isDown = true;
    await expect(authenticator.authenticate(token)).rejects.toMatchObject({ code: 'authentication_unavailable' });
    isDown = false;
    await expect(authenticator.authenticate(token)).resolves.toMatchObject({ subject: 'dr-who' });
  });

  it('are of no use where the provider says that it is another', async () => {
    const authenticator = oidcTokens({ issuer: `${issuer}/`, audience: 'medlego' });
    const token = await sign(claims({ iss: `${issuer}/` }));
    await expect(authenticator.authenticate(token)).rejects.toThrow('is for the issuer');
  });
});
