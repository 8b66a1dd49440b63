import { jetstream } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { hasServer, startNatsServer, suiteFolder, type NatsServer } from '@medlego/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createArtifactStore } from '../create-store.ts';
import { describeArtifactDriver, describeArtifactStore } from '../testing/index.ts';
import { openObjectStoreDriver } from './object-store.ts';

const folder = suiteFolder();
let connection: NatsConnection;
let server: NatsServer;
let buckets = 0;
describe.skipIf(!hasServer('nats-server'))('with a real nats-server', () => {
  beforeAll(async () => {
    server = await startNatsServer({ storeFolder: folder });
    connection = await connect({ servers: server.url });
  });
  afterAll(async () => {
    await connection?.close();
    await server?.stop();
  });

  const open = (bucket = `bucket-${++buckets}`) => openObjectStoreDriver({ js: jetstream(connection), bucket });

  describeArtifactDriver('NATS Object Store', () => open());
  describeArtifactStore('in a NATS Object Store', async () => createArtifactStore({ driver: await open() }));

  describe('the NATS Object Store driver', () => {
    it('holds objects of many chunks, and gives the bucket back as it is when it is opened again', async () => {
      const bytes = Uint8Array.from({ length: 700_001 }, (_, i) => (i * 7919) % 251);
      const driver = await open('large');
      expect(await driver.create('blobs/x', bytes)).toBe('created');
      const again = await open('large');
      expect(Buffer.from((await again.read('blobs/x'))!).equals(bytes)).toBe(true);
      expect(await again.create('blobs/x', new Uint8Array(1))).toBe('exists');
    });

    it('refuses bytes that were changed under it', async () => {
      const driver = await open('damaged');
      await driver.create('a', new Uint8Array(10).fill(1));
      // The chunk of the only object, replaced by a hand in the broker's storage.
      const manager = await jetstream(connection).jetstreamManager();
      const chunk = await manager.streams.getMessage('OBJ_damaged', { seq: 1 });
      await jetstream(connection).publish(chunk!.subject, new Uint8Array(10).fill(2));
      await manager.streams.deleteMessage('OBJ_damaged', 1);
      await expect(driver.read('a')).rejects.toMatchObject({ code: 'corrupt_blob' });
    });

    it('carries an artifact store: what is put is there, named and whole', async () => {
      const store = createArtifactStore({ driver: await open('store') });
      const draft = {
        kind: 'dataset',
        files: { 'a.txt': new Uint8Array([1, 2]) },
        creator: { name: 't', version: '1' },
      } as const;
      const { digest } = await store.put(draft, { name: 'letters' });
      expect(await store.resolve('letters')).toBe(digest);
      expect((await store.verify()).problems).toEqual([]);
    });
  });
});
