import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArtifactStore, FileSource, StoredArtifact } from '@medlego/artifacts';
import { InvalidValueError } from '@medlego/errors';
import { memoryReader, writeMergedModel, type MergeRecipe, type ModelMergeReport } from '@medlego/merging';
import type { Task } from '@medlego/tasks';
import { openSafetensors, type SafetensorsFile } from '@medlego/tensors';
import { paramShapes, withoutHead } from '@medlego/vit';
import { fullModelFile } from './adapter-files.ts';
import type { NamedBackbone } from './backbones.ts';

export interface MergeFullSpecialistsOptions {
  readonly store: ArtifactStore;
  readonly backbone: NamedBackbone;
  /** Specialists of kind `full`, in any order. */
  readonly members: readonly {
    readonly artifact: StoredArtifact;
    readonly task: Task;
    readonly weight?: number | undefined;
  }[];
  readonly recipe: MergeRecipe;
}

export interface MergedFullModel {
  /** `model.safetensors` of the generalist, in a temporary folder. */
  readonly file: FileSource;
  readonly report: ModelMergeReport;
  readonly ms: number;
}

/** Whether a specialist is a whole fine-tuned model. */
export const isFullModel = ({ manifest }: Pick<StoredArtifact, 'manifest'>): boolean =>
  manifest.files[fullModelFile] !== undefined;

/**
 * Merges whole fine-tuned models tensor by tensor, without holding more than one tensor of each, and hands the merged file to
 * `use`, which stores it; the temporary folder is gone afterwards.
 *
 * @throws InvalidValueError for a member that is no whole model, MissingBlobError, CorruptBlobError, and as `writeMergedModel`
 */
export async function mergeFullSpecialists<T>(
  { store, backbone, members, recipe }: MergeFullSpecialistsOptions,
  use: (merged: MergedFullModel) => Promise<T>,
): Promise<T> {
  for (const { artifact, task } of members)
    if (!isFullModel(artifact))
      throw new InvalidValueError({
        field: `members ${task.name}`,
        expected: `a specialist of kind full, as the others (file ${fullModelFile})`,
        actual: 'an adapter',
      });
  const folder = await mkdtemp(join(tmpdir(), 'medlego-merge-'));
  const open: SafetensorsFile[] = [];
  try {
    for (const [index, { artifact }] of members.entries()) {
      const copy = join(folder, `member${index}`);
      await store.exportFolder(artifact, copy);
      open.push(openSafetensors(join(copy, fullModelFile)));
    }
    const path = join(folder, fullModelFile);
    const { report, ms } = await writeMergedModel(
      path,
      members.map(({ artifact, task, weight }, index) => ({
        name: task.name,
        model: open[index]!,
        weight,
        digest: artifact.digest,
        backbone: backbone.digest,
        licence: task.licence,
        nonCommercial: task.nonCommercial,
      })),
      backboneReader(backbone),
      recipe,
      { backbone: backbone.digest },
    );
    return await use({ file: { path }, report, ms });
  } finally {
    open.forEach((file) => file.close());
    await rm(folder, { recursive: true, force: true });
  }
}

/** The backbone's tensors without a head, which specialists keep apart. */
function backboneReader({ config, params }: NamedBackbone) {
  const names = Object.keys(paramShapes(withoutHead(config)));
  return memoryReader(Object.fromEntries(names.map((name) => [name, params[name]!])));
}
