import { hasServer, startS3Server, suiteFolder, type S3Server } from '@medlego/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createArtifactStore } from '../create-store.ts';
import { describeArtifactDriver } from '../testing/index.ts';
import { openS3Driver, type S3Options } from './s3.ts';

const folder = suiteFolder();
const drivers: AsyncDisposable[] = [];
let server: S3Server;
let prefixes = 0;
describe.skipIf(!hasServer('weed'))('with a real weed', () => {
  beforeAll(async () => {
    server = await startS3Server(folder);
  });
  afterAll(async () => {
    for (const driver of drivers) await driver[Symbol.asyncDispose]();
    await server?.stop();
  });

  const open = async (options: Partial<S3Options> = {}) => {
    const driver = await openS3Driver({
      bucket: 'medlego-tests',
      prefix: `p${++prefixes}`,
      endpoint: server.endpoint,
      credentials: { accessKeyId: 'anyone', secretAccessKey: 'anything' },
      createBucket: true,
      ...options,
    });
    drivers.push(driver);
    return driver;
  };

  describeArtifactDriver('S3', () => open());

  describe('the S3 driver', () => {
    it('uploads large objects in parts, creates them once, and leaves none of a source that fails', async () => {
      const driver = await open();
      const pattern = Buffer.alloc(2 ** 20, 'medlego');
      const piece = (n: number) => Buffer.concat([Uint8Array.of(n), pattern]);
      async function* pieces(count: number, failure?: Error) {
        for (let n = 0; n < count; n++) yield piece(n);
        if (failure) throw failure;
      }
      await expect(driver.create('large', pieces(10, new Error('source failed')))).rejects.toThrow('source failed');
      expect(await driver.stat('large')).toBeUndefined();
      const outcomes = await Promise.all([driver.create('large', pieces(10)), driver.create('large', pieces(10))]);
      expect(outcomes.sort()).toEqual(['created', 'exists']);
      const bytes = (await driver.read('large'))!;
      expect(Buffer.from(bytes).equals(Buffer.concat(Array.from({ length: 10 }, (_, n) => piece(n))))).toBe(true);
    });

    it('says what is wrong with a bucket that is not there and a server that does not answer', async () => {
      await expect(open({ bucket: 'not-there', createBucket: false })).rejects.toMatchObject({
        facts: { field: 'bucket' },
      });
      await expect(open({ endpoint: 'http://127.0.0.1:1' })).rejects.toMatchObject({ code: 'remote_store' });
    });

    it('carries an artifact store: what is put is there, named and whole', async () => {
      const store = createArtifactStore({ driver: await open() });
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
