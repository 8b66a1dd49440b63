import { streamSafetensors, type HostTensor, type NamedTensors, type SafetensorsMetadata } from '@medlego/tensors';
import { type MergeOptions, type MergeRecipe } from '../merge.ts';
import { type ModelMember, type TensorReader } from './model-member.ts';
import { type ModelMergeReport } from './model-report.ts';
import { prepareModelMerge } from './prepare-model-merge.ts';

export interface ModelMergeResult {
  readonly report: ModelMergeReport;
  /** Wall time. Not part of the report, which is the same on every machine. */
  readonly ms: number;
}

/**
 * Merges whole fine-tuned models of one backbone and answers the result in memory.
 * @param base the backbone that the members were fine-tuned from: same names, shapes and dtypes
 * @returns tensors in the backbone's dtypes, owned by the caller
 * @throws as `prepareModelMerge`
 */
export function mergeModels(
  members: readonly ModelMember[],
  base: TensorReader,
  recipe: MergeRecipe,
  options: MergeOptions = {},
): ModelMergeResult & { readonly tensors: NamedTensors } {
  const start = performance.now();
  const merge = prepareModelMerge(members, base, recipe, options);
  const tensors = Object.fromEntries(
    Object.keys(merge.tensors).map((name): [string, HostTensor] => [name, merge.merge(name)]),
  );
  return { tensors, report: merge.report(), ms: performance.now() - start };
}

/**
 * The same into a safetensors file, tensor by tensor: at no time is more than one tensor of each model in memory. The file
 * appears whole or not at all.
 * @throws also DiskFullError, AccessDeniedError, FileNotFoundError
 */
export async function writeMergedModel(
  path: string,
  members: readonly ModelMember[],
  base: TensorReader,
  recipe: MergeRecipe,
  { metadata = { format: 'pt' }, ...options }: MergeOptions & { readonly metadata?: SafetensorsMetadata } = {},
): Promise<ModelMergeResult> {
  const start = performance.now();
  const merge = prepareModelMerge(members, base, recipe, options);
  await streamSafetensors(path, merge.tensors, merge.merge, metadata);
  return { report: merge.report(), ms: performance.now() - start };
}
