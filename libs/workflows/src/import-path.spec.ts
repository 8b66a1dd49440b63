import { join } from 'node:path';
import { openArtifactStore, type ArtifactStore } from '@medlego/artifacts';
import { parsePreprocessSpec } from '@medlego/data';
import { OutlierNormError } from '@medlego/errors';
import { temporaryFolder } from '@medlego/testing';
import {
  exportPeft,
  exportTimm,
  initAdapter,
  initHead,
  initParams,
  parseAdapterSpec,
  parseVitConfig,
  writeBundle,
} from '@medlego/vit';
import { beforeEach, describe, expect, it } from 'vitest';
import { importPath, openBackbone, storeBackbone } from './index.ts';

const config = parseVitConfig({ imgSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 3, mlpRatio: 2 });
const params = initParams(config, 0);
const spec = parseAdapterSpec({ kind: 'lora' });
const head = initHead(config, 3, 1);

let store: ArtifactStore;
let folder: string;
const backbone = () => openBackbone(store, 'tiny');
beforeEach(async () => {
  folder = temporaryFolder();
  store = await openArtifactStore({ root: join(folder, 'store') });
  await storeBackbone(store, {
    name: 'tiny',
    config,
    params,
    preprocess: parsePreprocessSpec({ imgSize: 8 }),
    origin: 'spec',
  });
});

/** A PEFT folder whose B is `scale` in every entry. */
async function peftFolder(scale: number): Promise<string> {
  const fresh = initAdapter(config, spec, { seed: 0, params });
  const tensors = Object.fromEntries(
    Object.entries(fresh).map(([name, tensor]) => [
      name,
      name.endsWith('lora_B') ? { ...tensor, data: new Float32Array(tensor.data.length).fill(scale) } : tensor,
    ]),
  );
  const path = join(folder, `peft-${scale}`);
  await writeBundle(exportPeft({ config, adapter: { spec, tensors }, head }, { type: 'lora' }), path);
  return path;
}

describe('importPath', () => {
  it('finds out that a folder is a backbone and keeps its digest', async () => {
    await writeBundle(exportTimm({ config, params }), join(folder, 'timm'));
    const { artifact, format } = await importPath({ store, path: join(folder, 'timm'), name: 'again' });
    expect(format).toBe('timm');
    expect(artifact.manifest.backbone).toBe((await backbone()).digest);
  });

  it('finds out that a folder is an adapter, takes its head and says that the labels have no names', async () => {
    const { artifact, warnings } = await importPath({ store, path: await peftFolder(0.001), backbone });
    expect(artifact.manifest.tasks[0]!.labels).toEqual(['0', '1', '2']);
    expect(warnings.join(' ')).toContain('--task');
  });

  it('refuses an update that is larger than the weight it changes, unless forced, and stores nothing', async () => {
    const path = await peftFolder(100);
    await expect(importPath({ store, path, backbone })).rejects.toThrow(OutlierNormError);
    expect(await store.list({ kind: 'specialist' })).toEqual([]);
    expect((await importPath({ store, path, backbone, force: true })).artifact.manifest.kind).toBe('specialist');
  });
});
