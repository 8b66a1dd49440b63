import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '@medlego/testing';
import {
  addToken,
  anyOf,
  bearerToken,
  createToken,
  openAccess,
  openAuthenticator,
  removeToken,
  requireScope,
} from './index.ts';
import { readTokenFile, staticTokens, tokenId } from './index.ts';

const newFile = () => join(temporaryFolder(), 'tokens.json');
const predict = { subject: 'bridge', scopes: ['predict'] } as const;

describe('static tokens', () => {
  it('let their holder in with the scopes that were given, and nobody else', async () => {
    const file = newFile();
    const { token } = await addToken(file, predict);
    const access = staticTokens(file);
    const caller = await access.authenticate(token);
    expect(caller).toEqual({ subject: 'bridge', scopes: new Set(['predict']) });
    expect(() => requireScope(caller, 'predict')).not.toThrow();
    expect(() => requireScope(caller, 'admin')).toThrow('scope admin');
    for (const wrong of [undefined, '', `${token}x`, token.slice(1)])
      await expect(access.authenticate(wrong)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('with admin may do everything', async () => {
    const file = newFile();
    const { token } = await addToken(file, { subject: 'boss', scopes: ['admin'] });
    const caller = await staticTokens(file).authenticate(token);
    expect(() => requireScope(caller, 'train')).not.toThrow();
  });

  it('are kept as hashes, in a file for its owner only', async () => {
    const file = newFile();
    const { token, entry } = await addToken(file, predict);
    const text = await readFile(file, 'utf8');
    expect(text).not.toContain(token);
    expect(text).not.toContain(token.slice('medlego_'.length));
    expect(text).toContain(entry.sha256);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('work and end at once when the file changes', async () => {
    const file = newFile();
    const first = await addToken(file, predict);
    const access = staticTokens(file);
    await access.authenticate(first.token);
    const second = await addToken(file, { subject: 'other', scopes: ['read'] });
    await expect(access.authenticate(second.token)).resolves.toMatchObject({ subject: 'other' });
    expect(await removeToken(file, tokenId(first.entry))).toEqual([first.entry]);
    await expect(access.authenticate(first.token)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(access.authenticate(second.token)).resolves.toMatchObject({ subject: 'other' });
  });

  it('expire', async () => {
    const file = newFile();
    const { token, entry } = createToken({ ...predict, expires: new Date(Date.now() + 60_000) });
    await writeFile(file, JSON.stringify({ tokens: [{ ...entry, expires: '2020-01-01T00:00:00Z' }] }));
    await expect(staticTokens(file).authenticate(token)).rejects.toThrow('expired at 2020-01-01');
    await writeFile(file, JSON.stringify({ tokens: [entry] }));
    await expect(staticTokens(file).authenticate(token)).resolves.toMatchObject({ subject: 'bridge' });
  });

  it('let nobody in while their file is damaged or gone, and say so', async () => {
    const file = newFile();
    const { token } = await addToken(file, predict);
    const access = staticTokens(file);
    await access.authenticate(token);
    await writeFile(file, '{ "tokens": [');
    await expect(access.authenticate(token)).rejects.toMatchObject({ code: 'authentication_unavailable' });
    await rm(file);
    await expect(access.authenticate(token)).rejects.toMatchObject({ code: 'authentication_unavailable' });
  });

  it('added by many at once are all kept', async () => {
    const file = newFile();
    const subjects = Array.from({ length: 12 }, (_, i) => `client-${i}`);
    await Promise.all(subjects.map((subject) => addToken(file, { subject, scopes: ['read'] })));
    expect((await readTokenFile(file)).map(({ subject }) => subject).sort()).toEqual(subjects.sort());
  });
});

describe('a token file', () => {
  it.each([
    ['[]', 'expected object'],
    ['{"tokens":[{"subject":"a","scopes":["fly"],"sha256":""}]}', 'tokens.0.scopes.0'],
    ['{"tokens":[{"subject":"a","scopes":["read"],"sha256":"plain text token"}]}', 'tokens.0.sha256'],
  ])('that says %s is refused, naming the place', async (text, place) => {
    const file = newFile();
    await writeFile(file, text);
    await expect(readTokenFile(file)).rejects.toMatchObject({
      code: 'file_format',
      message: expect.stringContaining(place) as string,
    });
    await expect(addToken(file, predict)).rejects.toMatchObject({ code: 'file_format' });
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('names what it has when asked to remove what it has not', async () => {
    const file = newFile();
    await addToken(file, predict);
    await expect(removeToken(file, 'bride')).rejects.toThrow('(bridge)');
    expect(await removeToken(file, 'bridge')).toHaveLength(1);
  });
});

describe('a new token', () => {
  it.each([
    [{ subject: '', scopes: ['read'] as const }, 'subject'],
    [{ subject: 'two words', scopes: ['read'] as const }, 'subject'],
    [{ subject: 'a', scopes: [] }, 'scopes'],
    [{ subject: 'a', scopes: ['read'] as const, expires: new Date(0) }, 'expires'],
  ])('for %j is refused, naming %s', (request, field) => {
    expect(() => createToken(request)).toThrow(`${field}: expected`);
  });
});

describe('anyOf', () => {
  it('accepts what one accepts, and a failure of one does not stop another', async () => {
    const [one, two, gone] = [newFile(), newFile(), newFile()];
    const { token } = await addToken(one, predict);
    const other = await addToken(two, { subject: 'other', scopes: ['read'] });
    const access = anyOf(staticTokens(gone), staticTokens(one), staticTokens(two));
    await expect(access.authenticate(token)).resolves.toMatchObject({ subject: 'bridge' });
    await expect(access.authenticate(other.token)).resolves.toMatchObject({ subject: 'other' });
    await expect(access.authenticate('nobody')).rejects.toMatchObject({ code: 'authentication_unavailable' });
    await expect(anyOf(staticTokens(one)).authenticate('nobody')).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(anyOf().authenticate(token)).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});

describe('a header', () => {
  it.each([
    ['Bearer abc', 'abc'],
    ['bearer  abc ', 'abc'],
    ['Basic abc', undefined],
    ['Bearer ', undefined],
    ['Bearerabc', undefined],
    [undefined, undefined],
  ])('of %j carries the token %j', (header, token) => {
    expect(bearerToken(header)).toBe(token);
  });
});

describe('settings', () => {
  it('without any are nothing, and wrong ones are told at the start', async () => {
    expect(await openAuthenticator({})).toBeUndefined();
    await expect(openAuthenticator({ tokensFile: newFile() })).rejects.toMatchObject({ code: 'file_not_found' });
    await expect(openAuthenticator({ oidcIssuer: 'https://id.example' })).rejects.toThrow('OIDC audience');
    await expect(openAuthenticator({ oidcAudience: 'medlego' })).rejects.toThrow('OIDC issuer');
    await expect(openAuthenticator({ oidcIssuer: 'http://id.example', oidcAudience: 'medlego' })).rejects.toThrow(
      'https',
    );
  });

  it('that leave access open let everyone do everything', async () => {
    const caller = await openAccess.authenticate(undefined);
    expect(() => requireScope(caller, 'promote')).not.toThrow();
  });
});
