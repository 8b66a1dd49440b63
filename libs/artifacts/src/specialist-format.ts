import { InvalidValueError } from '@medlego/errors';
import { canonicalJson } from './canonical-json.ts';
import type { ArtifactDraft, Manifest } from './manifest.ts';

/** Files of a specialist. The first two are PEFT's, which loads the folder as it is. */
export const specialistFiles = {
  adapterConfig: 'adapter_config.json',
  adapter: 'adapter_model.safetensors',
  /** `head.weight [labels, dim]` and `head.bias [labels]`, float32. */
  head: 'head.safetensors',
  task: 'task.json',
} as const;

/** Files of a generalist: one adapter, and per member `heads/<task>.safetensors` with the tensors of a specialist's head. */
export const generalistFiles = {
  adapterConfig: 'adapter_config.json',
  adapter: 'adapter_model.safetensors',
  head: (task: string) => `heads/${task}.safetensors`,
  recipe: 'recipe.json',
  report: 'report.json',
} as const;

/** Files of a backbone, with timm's names for the tensors. */
export const backboneFiles = { model: 'model.safetensors', config: 'config.json' } as const;

/** A small JSON file for a draft: canonical, so equal values are equal bytes. */
export const jsonFile = (value: unknown, field = 'file'): Uint8Array => canonicalJson(value, field);

/** @throws InvalidValueError naming the file or field that this kind of artifact cannot be without */
export const assertCompleteDraft = (draft: ArtifactDraft): void => assertCompleteFiles(draft);

type Outline = Pick<ArtifactDraft, 'kind' | 'backbone' | 'tasks'> & {
  readonly files: Readonly<Record<string, unknown>>;
};

/** As `assertCompleteDraft`, of a draft or a manifest. */
export function assertCompleteFiles(draft: Outline | Manifest): void {
  const { kind, backbone, tasks = [], files } = draft;
  const missing = requiredFiles(draft).find((path) => !Object.hasOwn(files, path));
  if (missing)
    throw new InvalidValueError({
      field: 'files',
      expected: `${missing}, which this ${kind} needs`,
      actual: listOf(files),
    });
  if (kind !== 'dataset' && kind !== 'report' && !backbone)
    throw new InvalidValueError({
      field: 'backbone',
      expected: `the backbone's digest (every ${kind} has one)`,
      actual: 'none',
    });
  if (kind === 'specialist' && tasks.length !== 1)
    throw new InvalidValueError({ field: 'tasks', expected: 'one task for a specialist', actual: tasks.length });
  if (kind === 'generalist' && tasks.length === 0)
    throw new InvalidValueError({ field: 'tasks', expected: 'one task per member', actual: 'none' });
}

/** An adapter and its configuration come together or, for a `head-only` specialist, not at all. */
function requiredFiles({ kind, tasks = [], files }: Outline): readonly string[] {
  const { adapter, adapterConfig } = specialistFiles;
  const adapterFiles = adapter in files || adapterConfig in files ? [adapterConfig, adapter] : [];
  switch (kind) {
    case 'backbone':
      return [backboneFiles.model, backboneFiles.config];
    case 'specialist':
      return [specialistFiles.head, specialistFiles.task, ...adapterFiles];
    case 'generalist':
      return [...tasks.map(({ name }) => generalistFiles.head(name)), ...adapterFiles];
    case 'dataset':
    case 'report':
      return [];
  }
}

const listOf = (files: Outline['files']): string => Object.keys(files).join(', ') || 'no files';
