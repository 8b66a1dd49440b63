import { join } from 'node:path';
import { startS3Server, suiteFolder, temporaryFolder, type S3Server } from '@medlego/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openStoreAt, type OpenedStore } from './open-store-at.ts';

const draft = {
  kind: 'report',
  files: { 'a.txt': new TextEncoder().encode('a') },
  creator: { name: 'spec', version: '1' },
} as const;

async function roundTrip({ store, close }: OpenedStore): Promise<void> {
  const { digest } = await store.put(draft, { name: 'kept' });
  expect((await store.get('kept')).digest).toBe(digest);
  await close();
}

describe('openStoreAt', () => {
  const folder = suiteFolder();
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3Server(folder);
    const { openS3Driver } = await import('@medlego/artifacts/s3');
    const driver = await openS3Driver({ bucket: 'jobs', endpoint: server.endpoint, credentials, createBucket: true });
    await driver[Symbol.asyncDispose]();
  }, 60_000);
  afterAll(() => server.stop());

  it('opens a folder', async () => {
    await roundTrip(await openStoreAt(join(temporaryFolder(), 'store'), undefined));
  });

  it('opens a prefix of an S3 bucket, at the endpoint that the environment names', { timeout: 30_000 }, async () => {
    const env = { AWS_ENDPOINT_URL: server.endpoint, AWS_REGION: 'us-east-1' };
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, 'any'); // the SDK looks only there
    onTestFinished(() => void vi.unstubAllEnvs());
    const opened = await openStoreAt('s3://jobs/site-a/', undefined, { env });
    expect(opened.store.location).toBe(`${server.endpoint}/jobs/site-a`);
    await roundTrip(opened);
  });

  it.each(['service', 's3://', 's3://UPPER/x', 'http://host/store', 'nats://host'])('refuses %s', async (where) => {
    await expect(openStoreAt(where, undefined)).rejects.toMatchObject({
      code: 'invalid_value',
      facts: { field: 'MEDLEGO_STORE', actual: where },
    });
  });
});

const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
