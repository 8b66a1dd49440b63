import type { ArtifactStore, NameHistory } from '@medlego/artifacts';
import type { RegistryClient } from '@medlego/contracts/rpc';
import type { Digest } from '@medlego/tensors';
import { fromStoredName } from './from-messages.ts';
import { allPages } from './pages.ts';

type Names = Pick<ArtifactStore, 'setName' | 'history' | 'listNames' | 'removeName'>;

export const remoteNames = (client: RegistryClient): Names => ({
  async setName(kind, name, digest, { expected } = {}) {
    const { version } = await client.setName({ kind, name, digest, ...toExpected(expected) });
    return fromStoredName({ kind, name, versions: [version!] }).versions[0]!;
  },

  async history(kind, name) {
    const { names } = await client.listStoredNames({ kinds: [kind], name });
    return fromStoredName(names[0]!);
  },

  async listNames(kind) {
    const kinds = kind === undefined ? [] : [kind];
    const histories: NameHistory[] = [];
    for await (const name of allPages(async (pageToken) => {
      const { names: items, nextPageToken } = await client.listStoredNames({ kinds, pageToken, pageSize: 1000 });
      return { items, nextPageToken };
    }))
      histories.push(fromStoredName(name));
    return histories;
  },

  async removeName(kind, name) {
    await client.removeName({ kind, name });
  },
});

/** As it is sent: absent for anything, empty for nothing. */
export const toExpected = (expected: Digest | null | undefined): { readonly expected?: string } =>
  expected === undefined ? {} : { expected: expected ?? '' };
