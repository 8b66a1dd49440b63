import {
  assertSameBackbone,
  generalistFiles,
  joinTerms,
  jsonFile,
  type ArtifactStore,
  type Json,
  type StoredArtifact,
} from '@medlego/artifacts';
import { DuplicateMemberError } from '@medlego/errors';
import { mergeAdapters, type MergeMember, type MergeRecipe, type MergeResult } from '@medlego/merging';
import { adapterFromUpdates, adapterUpdates } from '@medlego/vit';
import { adapterFiles, headFile, readAdapterFiles, readHead } from './adapter-files.ts';
import type { NamedBackbone } from './backbones.ts';
import { creator } from './creator.ts';
import { probeHeadFile } from './train-task.ts';

export interface MergeSpecialistsOptions {
  readonly store: ArtifactStore;
  readonly backbone: NamedBackbone;
  readonly members: readonly { readonly ref: string; readonly weight?: number }[];
  readonly recipe: MergeRecipe;
  readonly name: string;
}

export interface MergedSpecialists extends MergeResult {
  readonly artifact: StoredArtifact;
}

/** Merges specialists of one backbone into a generalist that keeps every member's head, and stores it under `name`. */
export async function mergeSpecialists(options: MergeSpecialistsOptions): Promise<MergedSpecialists> {
  const { store, backbone, recipe, name } = options;
  const members = await Promise.all(
    options.members.map(async ({ ref, weight }) => {
      const artifact = await store.get(ref, { kind: 'specialist' });
      assertSameBackbone(backbone.digest as `sha256:${string}`, artifact.manifest.backbone!, ref);
      const task = artifact.manifest.tasks[0]!;
      const adapter = await readAdapterFiles(store, artifact, backbone.config);
      const member: MergeMember = {
        name: task.name,
        updates: adapter ? adapterUpdates(adapter.spec, adapter.tensors, ref) : {},
        weight,
        digest: artifact.digest,
        backbone: backbone.digest,
        licence: task.licence,
        nonCommercial: task.nonCommercial,
      };
      return { artifact, task, member, head: await readHead(store, artifact, task.name) };
    }),
  );
  const duplicate = members.find(
    ({ task }, index) => members.findIndex((other) => other.task.name === task.name) !== index,
  );
  if (duplicate) throw new DuplicateMemberError({ name: duplicate.task.name });
  members.sort((a, b) => (a.task.name < b.task.name ? -1 : 1)); // equal members give equal bytes, in whatever order they were named

  const result = mergeAdapters(
    members.map(({ member }) => member),
    recipe,
    { backbone: backbone.digest },
  );
  const probes = await Promise.all(
    members
      .filter(({ artifact }) => artifact.manifest.files[probeHeadFile])
      .map(
        async ({ artifact, task }) =>
          [`probes/${task.name}.safetensors`, await store.readFile(artifact, probeHeadFile)] as const,
      ),
  );
  const terms = joinTerms(members.map(({ artifact }) => artifact.manifest));
  const artifact = await store.put(
    {
      kind: 'generalist',
      backbone: backbone.digest as `sha256:${string}`,
      tasks: members.map(({ task }) => task),
      files: {
        ...adapterFiles(backbone.config, adapterFromUpdates(result.updates)),
        ...Object.fromEntries(members.map(({ task, head }) => [generalistFiles.head(task.name), headFile(head)])),
        ...Object.fromEntries(probes),
        [generalistFiles.recipe]: jsonFile({ ...recipe, params: result.report.params }),
        [generalistFiles.report]: jsonFile(result.report),
      },
      config: {
        recipe: { method: recipe.method, params: result.report.params as Record<string, Json> },
        backbone: { name: backbone.name },
      },
      parents: members.map(({ artifact: parent }) => ({ digest: parent.digest, role: 'member' })),
      licences: terms.licences,
      nonCommercial: terms.nonCommercial,
      creator,
    },
    { name },
  );
  return { ...result, artifact };
}
