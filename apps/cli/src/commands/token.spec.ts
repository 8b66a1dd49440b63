import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { staticTokens } from '@medlego/access';
import { temporaryFolder } from '@medlego/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { registerServe } from './serve.ts';
import { registerToken } from './token.ts';

/** Runs a command in this process; what it writes to stdout. */
async function run(register: (command: Command) => void, ...args: string[]): Promise<string> {
  const written: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const command = new Command('command').exitOverride();
  register(command);
  await command.parseAsync(args, { from: 'user' });
  return written.join('');
}
const token = (home: string, ...args: string[]) => run(registerToken, ...args, '--home', home);

afterEach(() => vi.restoreAllMocks());

describe('medlego token', () => {
  it('makes a token that works, lists it without it, and ends it', async () => {
    const home = join(temporaryFolder(), 'new');
    const file = join(home, 'tokens.json');
    const text = (
      await token(home, 'create', '--subject', 'pacs-bridge', '--scopes', 'predict,read', '--expires', '2w')
    ).trim();
    expect(text).toMatch(/^medlego_[\w-]{43}$/);
    await expect(staticTokens(file).authenticate(text)).resolves.toMatchObject({ subject: 'pacs-bridge' });
    expect(readFileSync(file, 'utf8')).not.toContain(text);

    const listed = await token(home, 'ls', '--json');
    expect(listed).not.toContain(text);
    const [{ id, expires }] = JSON.parse(listed) as [{ id: string; expires: string }];
    expect(JSON.parse(listed)).toMatchObject([{ subject: 'pacs-bridge', scopes: ['read', 'predict'], expired: false }]);
    expect(Date.parse(expires) - Date.now()).toBeGreaterThan(13.9 * 86_400_000);

    expect(await token(home, 'revoke', id)).toBe(`Revoked ${id} of pacs-bridge.\n`);
    await expect(staticTokens(file).authenticate(text)).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(JSON.parse(await token(home, 'ls', '--json'))).toEqual([]);
  });

  it.each([
    [['create', '--subject', 'a', '--scopes', 'predcit'], '--scopes: expected', '(predict?)'],
    [['create', '--subject', 'a b', '--scopes', 'read'], 'subject: expected', 'a b'],
    [['create', '--subject', 'a', '--scopes', 'read', '--expires', '2020-01-01'], 'expires: expected', '2020'],
    [['create', '--subject', 'a', '--scopes', 'read', '--expires', 'soon'], '90d', 'soon'],
    [['revoke', 'nobody'], 'token: expected', 'nobody'],
  ])('refuses %j in words', async (args, ...words) => {
    const home = temporaryFolder();
    const failure = await token(home, ...args).catch((error: unknown) => error);
    for (const word of words) expect(String(failure)).toContain(word);
  });
});

describe('medlego serve', () => {
  it.each([
    [['--host', '0.0.0.0'], '--insecure'],
    [['--tls-cert', 'cert.pem'], '--tls-key: expected'],
    [['--tls-key', 'key.pem'], '--tls-cert: expected'],
    [['--tokens', 'nowhere.json'], 'nowhere.json: the list of tokens is not there'],
    [['--oidc-issuer', 'https://id.example'], 'OIDC audience: expected'],
    [['--rate-limit', '0'], 'Expected a whole number'],
  ])('with %j says what is missing, before it loads anything', async (args, words) => {
    const failure = await run(registerServe, 'none', '--home', temporaryFolder(), ...args).catch(
      (error: unknown) => error,
    );
    expect(String(failure)).toContain(words);
  });
});
