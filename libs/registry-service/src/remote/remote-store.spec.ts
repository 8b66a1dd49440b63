import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createArtifactStore, createSigningKeyPair, openArtifactStore } from '@medlego/artifacts';
import { createMemoryDriver, describeArtifactStore } from '@medlego/artifacts/testing';
import { digestBytes } from '@medlego/tensors';
import { temporaryFolder } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { noise } from '../testing/noise.ts';
import { serve } from '../testing/serve.ts';
import { openRemoteStore } from './index.ts';

describeArtifactStore('behind a Registry service', async () => openRemoteStore((await serve()).rpc));
describeArtifactStore('behind a Registry service, with a cache', async () =>
  openRemoteStore((await serve()).rpc, { cacheFolder: temporaryFolder() }),
);

const draft = (bytes: Uint8Array) => ({
  kind: 'dataset' as const,
  files: { data: bytes },
  creator: { name: 'test', version: '1' },
});

describe('a remote store', () => {
  it('keeps what it read in its cache, and reads anew what was damaged there', async () => {
    const served = await serve();
    const cacheFolder = temporaryFolder();
    const remote = await openRemoteStore(served.rpc, { cacheFolder });
    const bytes = noise(700_000);
    const artifact = await remote.put(draft(bytes));
    expect(await remote.readFile(artifact, 'data')).toEqual(bytes);

    const [file] = (await readdir(cacheFolder, { recursive: true })).filter((path) => /[0-9a-f]{62}$/.test(path));
    const path = join(cacheFolder, file!);
    await chmod(path, 0o644);
    await writeFile(path, bytes.with(9, bytes[9]! ^ 1));
    expect(await remote.readFile(artifact, 'data')).toEqual(bytes);
    await served.store.gc({ dryRun: false, graceMs: 0 }); // gone over there
    expect(await remote.readFile(artifact, 'data')).toEqual(bytes);
  });

  it('signs what it puts, and refuses what nobody it trusts has signed', async () => {
    const { rpc } = await serve();
    const keys = createSigningKeyPair();
    const signing = { privateKey: keys.privateKey, requireSignature: true, trustedKeys: [keys.publicKey] };
    const [strict, plain] = [await openRemoteStore(rpc, { signing }), await openRemoteStore(rpc)];
    const signed = await strict.put(draft(noise(10)), { name: 'signed' });
    expect(await strict.get('signed')).toEqual(signed);
    expect(Object.keys(await strict.transfer.signatures(signed.digest))).toEqual([keys.keyId]);
    const { digest } = await plain.put(draft(noise(11)), { name: 'bare' });
    await expect(strict.get('bare')).rejects.toMatchObject({ code: 'untrusted_artifact', facts: { subject: digest } });
  });

  it('is refused by a store that requires a signature it does not have, and cannot forge one', async () => {
    const keys = createSigningKeyPair();
    const signing = { requireSignature: true, trustedKeys: [keys.publicKey] };
    const { rpc, store } = await serve({ store: createArtifactStore({ driver: createMemoryDriver(), signing }) });
    const plain = await openRemoteStore(rpc);
    await expect(plain.put(draft(noise(10)), { name: 'bare' })).rejects.toMatchObject({ code: 'untrusted_artifact' });
    expect(await store.list()).toEqual([]);
    const stranger = createSigningKeyPair();
    const other = await openRemoteStore(rpc, { signing: { privateKey: stranger.privateKey } });
    await expect(other.put(draft(noise(10)))).rejects.toMatchObject({ code: 'untrusted_artifact' });
    const ours = await openRemoteStore(rpc, { signing: { privateKey: keys.privateKey } });
    const { digest } = await ours.put(draft(noise(10)), { name: 'signed' });
    expect(await plain.resolve('signed')).toBe(digest);
  });

  it('moves large files both ways in little memory', { timeout: 60_000 }, async () => {
    const store = await openArtifactStore({ root: temporaryFolder() });
    const { rpc } = await serve({ store });
    const remote = await openRemoteStore(rpc);
    const piece = noise(2 ** 20);
    const pieces = 96;
    let highest = 0;
    const watch = () => {
      highest = Math.max(highest, process.memoryUsage.rss());
    };
    async function* large() {
      for (let i = 0; i < pieces; i++) {
        watch();
        yield piece;
      }
    }
    // Once with little, so that what the libraries need themselves is there already.
    const small = digestBytes(piece);
    await remote.transfer.write(small, once(piece));
    await drain(remote.transfer.read(small));
    const hash = await digestOf(large());
    highest = 0;
    const before = process.memoryUsage.rss();
    expect(await remote.transfer.write(hash, large())).toBe(pieces * 2 ** 20);
    expect(await drain(remote.transfer.read(hash), watch)).toBe(pieces * 2 ** 20);
    expect(highest - before).toBeLessThan(48 * 2 ** 20); // client and server together, of 96 MiB each way
  });
});

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

async function drain(stream: AsyncIterable<Uint8Array>, each = () => {}): Promise<number> {
  let size = 0;
  for await (const { length } of stream) {
    size += length;
    each();
  }
  return size;
}

async function digestOf(stream: AsyncIterable<Uint8Array>) {
  const { createHash } = await import('node:crypto');
  const hash = createHash('sha256');
  for await (const piece of stream) hash.update(piece);
  return `sha256:${hash.digest('hex')}` as const;
}
