import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoredArtifact } from '@medlego/artifacts';
import { InvalidValueError } from '@medlego/errors';
import { findMethod, memoryReader, writeMergedModel, type ModelMergeReport } from '@medlego/merging';
import { openSafetensors, type SafetensorsFile } from '@medlego/tensors';
import { paramShapes, withoutHead } from '@medlego/vit';
import { fullModelFile } from './adapter-files.ts';
import type { NamedBackbone } from './backbones.ts';
import { findMembers } from './generalist/load-members.ts';
import { storeGeneralist } from './generalist/store-generalist.ts';
import type { MergeSpecialistsOptions } from './merge-specialists.ts';

export interface MergedModels {
  readonly artifact: StoredArtifact;
  readonly report: ModelMergeReport;
  readonly ms: number;
}

/** Whether a specialist is a whole fine-tuned model. */
export const isFullModel = ({ manifest }: Pick<StoredArtifact, 'manifest'>): boolean =>
  manifest.files[fullModelFile] !== undefined;

/**
 * Merges specialists that are whole fine-tuned models into a generalist that is one too and keeps every member's head, and stores
 * it under `name`. Tensor by tensor: no more than one tensor of each model is held.
 *
 * @throws as `findMembers` and `writeMergedModel`; InvalidValueError for a member that is no whole model; MissingBlobError, CorruptBlobError
 */
export async function mergeFullSpecialists(options: MergeSpecialistsOptions): Promise<MergedModels> {
  const { store, backbone, recipe, tuned, name } = options;
  findMethod(recipe.method).configure(recipe.params);
  const members = await findMembers(options);
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
    const merged = { [fullModelFile]: { path } };
    return { artifact: await storeGeneralist({ store, backbone, members, merged, report, tuned, name }), report, ms };
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
