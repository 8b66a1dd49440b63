import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createArtifactStore } from './create-store.ts';
import { signaturePrefixOf } from './keys.ts';
import type { ArtifactDraft } from './manifest.ts';
import { createSigningKeyPair } from './signing.ts';
import { createMemoryDriver } from './testing/index.ts';

const draft = (content: string): ArtifactDraft => ({
  kind: 'dataset',
  files: { data: new TextEncoder().encode(content) },
  creator: { name: 'medlego', version: '0.1.0' },
});

function setUp() {
  const driver = createMemoryDriver();
  const [ours, theirs] = [createSigningKeyPair(), createSigningKeyPair()];
  const signed = createArtifactStore({ driver, signing: { privateKey: ours.privateKey } });
  const strict = createArtifactStore({ driver, signing: { requireSignature: true, trustedKeys: [ours.publicKey] } });
  const foreign = createArtifactStore({ driver, signing: { privateKey: theirs.privateKey } });
  return { driver, ours, theirs, signed, strict, foreign, plain: createArtifactStore({ driver }) };
}

describe('signatures', () => {
  it('let a store that requires them read what a trusted key signed', async () => {
    const { signed, strict } = setUp();
    const { digest } = await signed.put(draft('a'), { name: 'x' });
    expect((await strict.get('x')).digest).toBe(digest);
    expect((await strict.verify()).problems).toEqual([]);
  });

  it('refuse what nobody signed, and what a stranger signed, and say which', async () => {
    const { plain, foreign, strict, ours, theirs } = setUp();
    const bare = await plain.put(draft('a'));
    await expect(strict.get(bare.digest)).rejects.toMatchObject({
      code: 'untrusted_artifact',
      facts: { trusted: [ours.keyId], found: [] },
    });
    const strange = await foreign.put(draft('b'));
    await expect(strict.get(strange.digest)).rejects.toMatchObject({ facts: { found: [theirs.keyId] } });
    expect((await strict.verify()).problems.map(({ kind }) => kind)).toEqual(['signature', 'signature']);
  });

  it('do not carry over to another artifact, nor survive damage', async () => {
    const { signed, plain, strict, driver, ours } = setUp();
    const good = await signed.put(draft('good'));
    const bad = await plain.put(draft('bad'));
    const keyOf = (digest: typeof good.digest) => `${signaturePrefixOf(digest)}${ours.keyId}.json`;
    await driver.create(keyOf(bad.digest), (await driver.read(keyOf(good.digest)))!);
    await expect(strict.get(bad.digest)).rejects.toMatchObject({ code: 'untrusted_artifact' });

    await driver.delete(keyOf(good.digest));
    await driver.create(keyOf(good.digest), new TextEncoder().encode('{'));
    await expect(strict.get(good.digest)).rejects.toMatchObject({ code: 'untrusted_artifact' });
    await signed.put(draft('good')); // the same again repairs it
    expect((await strict.get(good.digest)).digest).toBe(good.digest);
  });

  it('are not needed where they are not required', async () => {
    const { plain, foreign } = setUp();
    const { digest } = await foreign.put(draft('a'));
    expect((await plain.get(digest)).digest).toBe(digest);
  });

  it('do not change the digest', async () => {
    const { signed, plain } = setUp();
    expect((await signed.put(draft('a'))).digest).toBe((await plain.put(draft('a'))).digest);
  });

  it('need Ed25519 keys, and no error repeats a key', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const open = (signing: Parameters<typeof createArtifactStore>[0]['signing']) => () =>
      createArtifactStore({ driver: createMemoryDriver(), signing });
    expect(open({ privateKey: pem })).toThrow('signing.privateKey: expected an Ed25519 key in PEM, got rsa.');
    expect(open({ privateKey: 'secret' })).toThrow(
      /^signing\.privateKey: expected an Ed25519 key in PEM, got something else\.$/,
    );
    expect(open({ trustedKeys: ['x'] })).toThrow('signing.trustedKeys.0');
    expect(open({ requireSignature: true })).toThrow(
      'signing.trustedKeys: expected at least one public key, got none.',
    );
  });
});
