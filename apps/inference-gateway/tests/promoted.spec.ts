import { expect, it } from 'vitest';
import { openRegistry } from '@medlego/registry';
import { suiteFolder } from '@medlego/testing';
import { createGateway } from '../src/index.ts';
import { inferBody, openModels } from './clients.ts';

const folder = suiteFolder();

it('a generalist is served as soon as a version of it is promoted, and not before', async () => {
  const store = await openModels(folder);
  const registry = await openRegistry({ kind: 'memory' });
  const by = 'merger';
  const digest = await store.resolve('blood');
  const { version } = await registry.names.publish('generalist', 'screening', digest, { by });
  const gateway = await createGateway({ store, registry, models: [], followPromoted: true, threads: 1 });
  try {
    const base = `http://127.0.0.1:${gateway.http.port}`;
    expect((await fetch(`${base}/v2/health/ready`)).status).toBe(200); // nothing to serve yet is fine
    expect((await fetch(`${base}/v2/models/screening`)).status).toBe(404);
    await registry.names.promote('generalist', 'screening', version, { by, reason: 'better' });
    const ready = async () => (await fetch(`${base}/v2/models/screening/ready`)).status;
    await expect.poll(ready, { timeout: 30_000 }).toBe(200);
    const infer = { method: 'POST', body: await inferBody() };
    const answer = await fetch(`${base}/v2/models/screening/infer`, infer);
    expect(await answer.json()).toMatchObject({ model_name: 'screening', model_version: digest });

    await registry.names.publish('generalist', 'broken', `sha256:${'0'.repeat(64)}`, { by });
    await registry.names.promote('generalist', 'broken', 1, { by, reason: 'a mistake' });
    await registry.names.publish('generalist', 'later', digest, { by });
    await registry.names.promote('generalist', 'later', 1, { by, reason: 'good' });
    await expect.poll(() => gateway.models.slots.get('later')?.current, { timeout: 30_000 }).toBeTruthy();
    expect((await fetch(`${base}/v2/health/ready`)).status).toBe(200); // the others go on

    const next = await createGateway({ store, registry, models: [], followPromoted: true, threads: 1 });
    expect(next.models.current('screening').artifact.digest).toBe(digest); // from the start
    await next.close();
  } finally {
    await gateway.close();
    await registry.close();
  }
});
