import { Command } from 'commander';
import { openArtifactStore } from '@medlego/artifacts';
import { temporaryFolder } from '@medlego/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { registerHistory } from './history.ts';

const creator = { name: 'medlego', version: '0.1.0' };

async function storeOfTwoVersions(): Promise<{ home: string; digests: string[] }> {
  const home = temporaryFolder();
  const store = await openArtifactStore({ root: home });
  const digests: string[] = [];
  for (const text of ['first', 'second']) {
    const files = { 'data.npz': new TextEncoder().encode(text) };
    digests.push((await store.put({ kind: 'dataset', files, creator }, { name: 'chest' })).digest);
  }
  return { home, digests };
}

/** Runs the command in this process; what it writes to stdout. */
async function history(...args: string[]): Promise<string> {
  const written: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  const command = new Command('history');
  registerHistory(command);
  await command.parseAsync(args, { from: 'user' });
  return written.join('');
}

afterEach(() => vi.restoreAllMocks());

describe('medlego history', () => {
  it('gives every version of a name, oldest first', async () => {
    const { home, digests } = await storeOfTwoVersions();
    const versions = JSON.parse(await history('chest', '--json', '--home', home)) as unknown;
    expect(versions).toMatchObject([
      { version: 1, kind: 'dataset', digest: digests[0] },
      { version: 2, kind: 'dataset', digest: digests[1] },
    ]);
  });

  it('offers names that look alike for one that is not there', async () => {
    const { home } = await storeOfTwoVersions();
    await expect(history('chets', '--home', home)).rejects.toMatchObject({
      code: 'artifact_not_found',
      facts: { ref: 'chets', known: ['chest'] },
    });
    await expect(history('chest', '--kind', 'generalist', '--home', home)).rejects.toMatchObject({
      facts: { wanted: 'generalist' },
    });
  });
});
