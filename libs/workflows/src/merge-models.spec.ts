import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { jsonFile, openArtifactStore, specialistFiles, type ArtifactStore } from '@medlego/artifacts';
import { parseTask } from '@medlego/tasks';
import { readSafetensors } from '@medlego/tensors';
import { temporaryFolder } from '@medlego/testing';
import { initAdapter, parseAdapterSpec } from '@medlego/vit';
import { describe, expect, it } from 'vitest';
import { adapterFiles, headFile } from './adapter-files.ts';
import { creator } from './creator.ts';
import { mergeFullSpecialists } from './merge-models.ts';
import { tinyBackbone, tinyConfig, tinyHead } from './testing/tiny-members.ts';

const backbone = tinyBackbone();
const task = (name: string) => parseTask({ name, title: name, kind: 'multi-class', labels: ['no', 'yes'] });

async function storeSpecialist(store: ArtifactStore, name: string, kind: 'full' | 'svd-lora', change: number) {
  const spec = parseAdapterSpec({ kind });
  const tensors = initAdapter(tinyConfig, spec, { seed: 1, params: backbone.params });
  const moved = Object.fromEntries(
    Object.entries(tensors).map(([key, tensor]) => [
      key,
      { ...tensor, data: (tensor.data as Float32Array).map((value) => value + change) },
    ]),
  );
  const artifact = await store.put({
    kind: 'specialist',
    backbone: backbone.digest as `sha256:${string}`,
    tasks: [task(name)],
    files: {
      ...adapterFiles(tinyConfig, { spec, tensors: moved }),
      [specialistFiles.head]: headFile(tinyHead(2, 1)),
      [specialistFiles.task]: jsonFile(task(name)),
    },
    creator,
  });
  return { artifact, task: task(name) };
}

describe('mergeFullSpecialists', () => {
  it('merges whole models from the store into a file that is there while it is used', async () => {
    const store = await openArtifactStore({ root: temporaryFolder() });
    const members = [await storeSpecialist(store, 'b', 'full', 0.5), await storeSpecialist(store, 'a', 'full', 0.25)];
    const recipe = { method: 'task_arithmetic', params: { lambda: 2 } };
    const { path, tensors, report } = await mergeFullSpecialists(
      { store, backbone, members, recipe },
      async (merged) => ({
        path: (merged.file as { path: string }).path,
        report: merged.report,
        ...(await readSafetensors((merged.file as { path: string }).path)),
      }),
    );
    expect(existsSync(dirname(path))).toBe(false);
    expect(report.members.map(({ name, digest }) => [name, digest])).toEqual([
      ['a', members[1]!.artifact.digest],
      ['b', members[0]!.artifact.digest],
    ]);
    expect(report.backbone).toBe(backbone.digest);
    for (const name of Object.keys(
      initAdapter(tinyConfig, parseAdapterSpec({ kind: 'full' }), { seed: 1, params: backbone.params }),
    ))
      (tensors[name]!.data as Float32Array).forEach((value, i) =>
        expect(Math.abs(value - (backbone.params[name]!.data as Float32Array)[i]! - 1.5)).toBeLessThan(1e-5),
      );
  });

  it('refuses an adapter among whole models by its task', async () => {
    const store = await openArtifactStore({ root: temporaryFolder() });
    const members = [
      await storeSpecialist(store, 'a', 'full', 0.5),
      await storeSpecialist(store, 'b', 'svd-lora', 0.5),
    ];
    const merge = mergeFullSpecialists({ store, backbone, members, recipe: { method: 'average' } }, () =>
      Promise.resolve(),
    );
    await expect(merge).rejects.toMatchObject({ code: 'invalid_value', facts: { field: 'members b' } });
  });
});
