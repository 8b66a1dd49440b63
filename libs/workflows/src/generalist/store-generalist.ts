import {
  generalistFiles,
  joinTerms,
  jsonFile,
  type ArtifactStore,
  type FileSource,
  type Json,
  type StoredArtifact,
} from '@medlego/artifacts';
import type { MergeReport, ModelMergeReport } from '@medlego/merging';
import { headFile } from '../adapter-files.ts';
import type { NamedBackbone } from '../backbones.ts';
import { creator } from '../creator.ts';
import type { MemberArtifact } from './load-members.ts';
import type { TunedRecord } from './recipe-document.ts';

export interface GeneralistDraft {
  readonly store: ArtifactStore;
  readonly backbone: NamedBackbone;
  /** Sorted by task. */
  readonly members: readonly MemberArtifact[];
  /** The merged weights as files: an adapter, or a whole model. */
  readonly merged: Readonly<Record<string, FileSource>>;
  readonly report: MergeReport | ModelMergeReport;
  readonly tuned?: TunedRecord | undefined;
  readonly name: string;
}

/**
 * Stores a generalist: the merged weights, every member's head and probe, the recipe and the merge report. What it holds depends on
 * members and recipe alone, not on the way that led there.
 */
export async function storeGeneralist(draft: GeneralistDraft): Promise<StoredArtifact> {
  const { store, backbone, members, merged, report, tuned, name } = draft;
  const terms = joinTerms(members.map(({ artifact }) => artifact.manifest));
  const weights = Object.fromEntries(report.members.map(({ name: task, weight }) => [task, weight]));
  const recipe = { method: report.method, space: report.space, params: report.params as Record<string, Json> };
  return store.put(
    {
      kind: 'generalist',
      backbone: backbone.digest as `sha256:${string}`,
      tasks: members.map(({ task }) => task),
      files: {
        ...merged,
        ...Object.fromEntries(members.map(({ task, head }) => [generalistFiles.head(task.name), headFile(head)])),
        ...Object.fromEntries(
          members.flatMap(({ task, probe }) => (probe ? [[`probes/${task.name}.safetensors`, headFile(probe)]] : [])),
        ),
        [generalistFiles.recipe]: jsonFile({
          ...recipe,
          members: members.map(({ task, artifact }) => ({
            ref: artifact.digest,
            task: task.name,
            weight: weights[task.name]!,
          })),
          ...(tuned && { tuned }),
        }),
        [generalistFiles.report]: jsonFile(report),
      },
      config: {
        recipe: { ...recipe, weights },
        backbone: { name: backbone.name },
        ...(tuned && { tuned: tuned as unknown as Json }),
      },
      parents: members.map(({ artifact }) => ({ digest: artifact.digest, role: 'member' })),
      licences: terms.licences,
      nonCommercial: terms.nonCommercial,
      creator,
    },
    { name },
  );
}
