import {
  jsonFile,
  openArtifactStore,
  specialistFiles,
  type ArtifactStore,
  type StoredArtifact,
} from '@medlego/artifacts';
import { parseTask } from '@medlego/tasks';
import { temporaryFolder } from '@medlego/testing';
import { initAdapter, parseAdapterSpec } from '@medlego/vit';
import { describe, expect, it } from 'vitest';
import { adapterFiles, headFile, readAdapterFiles, readHead } from './adapter-files.ts';
import { creator } from './creator.ts';
import type { MemberRef } from './generalist/load-members.ts';
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

const ref = ({ artifact }: { readonly artifact: StoredArtifact }) => ({ ref: artifact.digest });

describe('mergeFullSpecialists', () => {
  it('merges whole models of the store into a generalist that is a whole model and keeps the heads', async () => {
    const store = await openArtifactStore({ root: temporaryFolder() });
    const members = [await storeSpecialist(store, 'b', 'full', 0.5), await storeSpecialist(store, 'a', 'full', 0.25)];
    const { artifact, report } = await mergeFullSpecialists({
      store,
      backbone,
      members: members.map(ref),
      recipe: { method: 'task_arithmetic', params: { lambda: 2 } },
      name: 'both',
    });
    expect((await store.get('both')).digest).toBe(artifact.digest);
    expect(artifact.manifest.tasks.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(report.members.map(({ name, digest }) => [name, digest])).toEqual([
      ['a', members[1]!.artifact.digest],
      ['b', members[0]!.artifact.digest],
    ]);
    expect(report.backbone).toBe(backbone.digest);
    expect(await readHead(store, artifact, 'b')).toEqual(tinyHead(2, 1));
    const adapter = await readAdapterFiles(store, artifact, tinyConfig);
    expect(adapter!.spec.kind).toBe('full');
    for (const [name, { data }] of Object.entries(adapter!.tensors))
      (data as Float32Array).forEach((value, i) =>
        expect(Math.abs(value - (backbone.params[name]!.data as Float32Array)[i]! - 1.5)).toBeLessThan(1e-5),
      );
  });

  it('gives the same generalist in whatever order the members are named', async () => {
    const store = await openArtifactStore({ root: temporaryFolder() });
    const members = [await storeSpecialist(store, 'a', 'full', 0.5), await storeSpecialist(store, 'b', 'full', 0.25)];
    const merge = (refs: readonly MemberRef[]) =>
      mergeFullSpecialists({ store, backbone, members: refs, recipe: { method: 'ties' }, name: 'g' });
    const first = await merge(members.map(ref));
    expect((await merge(members.toReversed().map(ref))).artifact.digest).toBe(first.artifact.digest);
  });

  it('refuses an adapter among whole models by its task', async () => {
    const store = await openArtifactStore({ root: temporaryFolder() });
    const members = [
      await storeSpecialist(store, 'a', 'full', 0.5),
      await storeSpecialist(store, 'b', 'svd-lora', 0.5),
    ];
    const merge = mergeFullSpecialists({
      store,
      backbone,
      members: members.map(ref),
      recipe: { method: 'average' },
      name: 'g',
    });
    await expect(merge).rejects.toMatchObject({ code: 'invalid_value', facts: { field: 'members b' } });
  });
});
