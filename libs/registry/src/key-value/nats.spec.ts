import { hasServer, startNatsServer, suiteFolder, type NatsServer } from '@medlego/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { describeRegistry } from '../testing/index.ts';
import { openNatsKeyValue } from './nats.ts';

const folder = suiteFolder();
let server: NatsServer;
describe.skipIf(!hasServer('nats-server'))('with a real nats-server', () => {
  beforeAll(async () => {
    server = await startNatsServer({ storeFolder: folder });
  });
  afterAll(() => server?.stop());

  const open = (bucket: string) => openNatsKeyValue({ servers: server.url, name: 'tests', bucket });

  describeRegistry('NATS', open);

  describe('the NATS registry', () => {
    it('goes on with reads, writes and watches after the broker was killed and started again', async () => {
      const store = await open('restarted');
      onTestFinished(() => store.close());
      const first = (await store.create('x.a', 1))!;
      const told: unknown[] = [];
      let tell = () => {};
      const watching = (async () => {
        for await (const change of store.watch({ under: 'x' })) {
          told.push(change.deleted ? 'deleted' : change.value);
          tell();
          if (told.length === 3) return;
        }
      })();
      if (told.length === 0) await new Promise<void>((resolve) => (tell = resolve));
      await server.stop('SIGKILL');
      const writing = store.update('x.a', 2, first);
      await server.start();
      const second = (await writing)!;
      expect(second).toBeGreaterThan(first);
      await store.update('x.a', 3, second);
      await watching;
      expect(told).toEqual([1, 2, 3]);
    });
  });
});
