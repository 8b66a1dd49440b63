import { openRegistry } from '@medlego/registry';
import { suiteFolder } from '@medlego/testing';
import { mergeSpecialists, openBackboneByDigest } from '@medlego/workflows';
import { expect, it } from 'vitest';
import { createGateway } from '../src/index.ts';
import { openModels } from './clients.ts';

const folder = suiteFolder();

it('the console learns the versions of a generalist and every decision about them', async () => {
  const store = await openModels(folder);
  const blood = await store.get('blood', { kind: 'specialist' });
  const backbone = await openBackboneByDigest(store, blood.manifest.backbone!, [], []);
  const merge = async (lambda: number) => {
    const recipe = { method: 'med-lego', params: { lambda } };
    return (await mergeSpecialists({ store, backbone, recipe, members: [{ ref: 'blood' }], name: 'g' })).artifact
      .digest;
  };
  const digests = [await merge(1), await merge(0.5)];
  const registry = await openRegistry({ kind: 'memory' });
  for (const digest of digests) await registry.names.publish('generalist', 'g', digest, { by: 'merger' });
  await registry.names.promote('generalist', 'g', 1, { by: 'anna', reason: 'good' });
  await registry.names.refuse('generalist', 'g', 2, { by: 'evaluator', reason: 'blood lost 5 points' });

  const gateway = await createGateway({ store, registry, models: [], followPromoted: true, threads: 1 });
  try {
    const response = await fetch(`http://127.0.0.1:${gateway.http.port}/api/v1/models/g`);
    expect(await response.json()).toMatchObject({
      artifact: digests[0],
      serving: 1,
      versions: [
        { version: 2, artifact: digests[1] },
        { version: 1, artifact: digests[0], by: 'merger' },
      ],
      decisions: [
        { outcome: 'refused', version: 2, reason: 'blood lost 5 points' },
        { outcome: 'promoted', version: 1, by: 'anna' },
      ],
    });
  } finally {
    await gateway.close();
    await registry.close();
  }
});
