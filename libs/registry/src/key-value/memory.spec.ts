import { temporaryFolder } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { createRegistry } from '../registry.ts';
import { describeRegistry } from '../testing/index.ts';
import type { KeyValue } from './key-value.ts';
import { openMemoryKeyValue } from './memory.ts';

const shared = (open: () => Promise<KeyValue>) => {
  const buckets = new Map<string, Promise<KeyValue>>();
  return (bucket: string) => {
    const store = buckets.get(bucket) ?? open();
    buckets.set(bucket, store);
    return store;
  };
};

describeRegistry(
  'memory',
  shared(() => openMemoryKeyValue()),
);
describeRegistry(
  'memory with a journal',
  shared(() => openMemoryKeyValue({ folder: temporaryFolder() })),
);

describe('the journal of the memory registry', () => {
  it('gives the same documents and revisions after it is opened again', async () => {
    const folder = temporaryFolder();
    const first = await openMemoryKeyValue({ folder });
    const a = (await first.create('x.a', 1))!;
    for (let i = 0, revision = a; i < 20; i++) revision = (await first.update('x.a', i, revision))!;
    await first.create('x.b', 'b');
    await first.delete('x.b', (await first.get('x.b'))!.revision);
    await first.create('x.c', 'c');
    const before = await first.list('x');
    await first.close();
    for (let i = 0; i < 2; i++) {
      const again = await openMemoryKeyValue({ folder });
      expect(await again.list('x')).toEqual(before);
      await again.close();
    }
    const last = await openMemoryKeyValue({ folder });
    expect(await last.create('x.d', 'd')).toBeGreaterThan(before.at(-1)!.revision);
    await last.close();
  });

  it('moves old versions of a name to the archive, and its history has them all', async () => {
    const store = await openMemoryKeyValue();
    const { names } = createRegistry(store);
    for (let n = 1; n <= 800; n++) await names.publish('generalist', 'busy', `sha256:${n}`, { by: 'merger' });
    const record = await names.get('generalist', 'busy');
    expect(record.archived).toEqual({ versions: 250, decisions: 0 });
    expect(record.versions[0]!.version).toBe(251);
    const { versions } = await names.history('generalist', 'busy');
    expect(versions.map(({ version }) => version)).toEqual(Array.from({ length: 800 }, (_, i) => i + 1));
    await names.promote('generalist', 'busy', 3, { by: 'x', reason: 'an archived version can be served' });
    await store.close();
  });
});
