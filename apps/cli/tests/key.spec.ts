import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@medlego/testing';
import { expect, it } from 'vitest';
import { medlego, medlegoJson } from './medlego.ts';

it('signs what is stored, and refuses what no trusted key has signed', { timeout: 120_000 }, async () => {
  const home = temporaryFolder();
  const [site, other] = [join(home, 'site.pem'), join(home, 'other.pem')];
  const { privateKey, publicKey } = await medlegoJson<{ privateKey: string; publicKey: string }>(
    home,
    ...['key', 'create', site],
  );
  await medlegoJson(home, 'key', 'create', other);
  expect((await stat(privateKey)).mode & 0o777).toBe(0o600);
  expect(await readFile(publicKey, 'utf8')).toContain('BEGIN PUBLIC KEY');
  const again = await medlego(home, 'key', 'create', site, '--json');
  expect(JSON.parse(again.stdout)).toMatchObject({ error: { code: 'invalid_value' } });

  const withKeys = async (env: Record<string, string>, ...args: string[]) => {
    const before = { ...process.env };
    Object.assign(process.env, env);
    try {
      return await medlego(home, ...args, '--json');
    } finally {
      process.env = before;
    }
  };
  const init = ['backbone', 'init', 'vit-nano'];
  expect((await withKeys({}, ...init, '-o', 'unsigned')).code).toBe(0);
  expect((await withKeys({ MEDLEGO_SIGNING_KEY: site }, ...init, '-o', 'signed', '--seed', '1')).code).toBe(0);
  const trusting = { MEDLEGO_TRUSTED_KEYS: `${site}.pub` };
  expect((await withKeys(trusting, 'show', 'signed')).code).toBe(0);
  const refused = await withKeys(trusting, 'show', 'unsigned');
  expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'untrusted_artifact' } });
  const foreign = await withKeys({ MEDLEGO_TRUSTED_KEYS: `${other}.pub` }, 'show', 'signed');
  expect(JSON.parse(foreign.stdout)).toMatchObject({ error: { code: 'untrusted_artifact' } });
  const missing = await withKeys({ MEDLEGO_TRUSTED_KEYS: join(home, 'none.pub') }, 'ls');
  expect(JSON.parse(missing.stdout)).toMatchObject({ error: { code: 'file_not_found' } });
});
