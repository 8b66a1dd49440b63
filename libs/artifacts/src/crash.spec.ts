import { startNode, temporaryFolder } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { openArtifactStore } from './open-store.ts';

/** Puts artifacts under one name as fast as it can, and says the digest of each one that `put` has acknowledged. */
const writer = (root: string) => `
  const { openArtifactStore } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
  const store = await openArtifactStore({ root: ${JSON.stringify(root)} });
  for (let i = 0; ; i++) {
    const files = { data: new Uint8Array(300_000).fill(i), note: new TextEncoder().encode(String(Math.random())) };
    const { digest } = await store.put({ kind: 'dataset', files, creator: { name: 'test', version: '1' } }, { name: 'x' });
    process.stdout.write(digest + '\\n');
  }
`;

describe('a writer that is killed at any instant', () => {
  it('loses nothing that was acknowledged, and leaves no half-written artifact and no name without one', async () => {
    const root = temporaryFolder();
    const acknowledged: string[] = [];
    for (let round = 0; round < 6; round++) {
      const child = startNode(['--input-type=module', '-e', writer(root)]);
      await child.waitFor(new RegExp(`(sha256:.*\\n){${1 + round}}`));
      const { stdout } = await child.kill();
      acknowledged.push(...stdout.split('\n').filter((line) => line.length === 'sha256:'.length + 64));
    }
    const store = await openArtifactStore({ root });
    expect((await store.verify()).problems).toEqual([]);
    const { versions } = await store.history('dataset', 'x');
    expect(versions.map(({ digest }) => digest)).toEqual(expect.arrayContaining(acknowledged));
    expect(versions.map(({ version }) => version)).toEqual(versions.map((_, index) => index + 1));
    await store.gc({ dryRun: false, graceMs: -1000 });
    expect((await store.verify()).problems).toEqual([]);
    expect(await store.gc({ graceMs: -1000 })).toMatchObject({ artifacts: [], blobs: [], temporaries: 0 });
  });
});
