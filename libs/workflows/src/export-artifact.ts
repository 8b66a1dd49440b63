import { jsonFile, specialistFiles, type ArtifactStore, type StoredArtifact } from '@medlego/artifacts';
import { exportOnnx, type ProgramSpec } from '@medlego/engine';
import { InvalidValueError } from '@medlego/errors';
import type { Task } from '@medlego/tasks';
import { writeFileAtomic, type NamedTensors } from '@medlego/tensors';
import {
  exportHf,
  exportMelo,
  exportOpenClip,
  exportPeft,
  exportTimm,
  foldAdapter,
  forwardFeatures,
  headLogits,
  writeBundle,
} from '@medlego/vit';
import { join } from 'node:path';
import { readAdapterFiles, readHead } from './adapter-files.ts';
import type { NamedBackbone } from './backbones.ts';
import { creator } from './creator.ts';

export const exportFormats = ['timm', 'hf', 'open_clip', 'peft-lora', 'peft-adalora', 'melo', 'onnx'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface ExportArtifactOptions {
  readonly store: ArtifactStore;
  readonly backbone: NamedBackbone;
  readonly artifact: StoredArtifact;
  readonly format: ExportFormat;
  readonly path: string;
  /** Whose head goes along; needed where the artifact has several and the format takes one. */
  readonly task?: string;
}

/** @returns paths written, and what the reader should know */
export async function exportArtifact(
  options: ExportArtifactOptions,
): Promise<{ files: readonly string[]; warnings: readonly string[] }> {
  const { store, backbone, artifact, format, path } = options;
  const { config } = backbone;
  const adapter = await readAdapterFiles(store, artifact, config);
  if (format === 'onnx') {
    await writeFileAtomic(path, await onnxBytes(options), { what: 'ONNX file' });
    return { files: [path], warnings: [] };
  }
  const task = oneTask(artifact, options.task);
  const head = await readHead(store, artifact, task.name);
  if (format === 'timm' || format === 'hf' || format === 'open_clip') {
    const params = adapter ? foldAdapter(config, backbone.params, adapter) : backbone.params;
    const model = { config, params, head, labels: task.labels, preprocess: backbone.preprocess };
    const bundle = { timm: exportTimm, hf: exportHf, open_clip: exportOpenClip }[format](model);
    return { files: await writeBundle(bundle, path), warnings: bundle.warnings };
  }
  if (!adapter)
    throw new InvalidValueError(
      { field: 'artifact', expected: 'an adapter', actual: 'a head alone' },
      { hint: 'Export it as timm, hf, open_clip or onnx instead.' },
    );
  const parts = { config, adapter, head };
  const bundle =
    format === 'melo'
      ? exportMelo(parts)
      : exportPeft(parts, { type: format === 'peft-lora' ? 'lora' : 'adalora', baseModel: backbone.name });
  const files = await writeBundle(bundle, path);
  if (format === 'melo') return { files, warnings: bundle.warnings };
  const taskFile = join(path, specialistFiles.task); // PEFT ignores it; our importer takes label names and licence from it
  await writeFileAtomic(taskFile, jsonFile(task), { what: 'task description' });
  return { files: [...files, taskFile], warnings: bundle.warnings };
}

function oneTask({ manifest: { tasks } }: StoredArtifact, wanted: string | undefined): Task {
  const found = wanted === undefined && tasks.length === 1 ? tasks[0] : tasks.find((task) => task.name === wanted);
  if (!found)
    throw new InvalidValueError({
      field: 'task',
      expected: `one of ${tasks.map((task) => task.name).join(', ')}`,
      actual: wanted ?? 'none',
    });
  return found;
}

/**
 * Backbone, adapter folded in, and heads as one ONNX graph. Input `pixel_values` float32 [batch, 3, h, w], already normalised; output
 * `logits` for one task, else one output per task, named after it.
 */
async function onnxBytes({ store, backbone, artifact, task }: ExportArtifactOptions): Promise<Uint8Array> {
  const tf = await import('@tensorflow/tfjs-core');
  const { config, preprocess } = backbone;
  const adapter = await readAdapterFiles(store, artifact, config);
  const params = adapter ? foldAdapter(config, backbone.params, adapter) : backbone.params;
  const tasks = task === undefined ? artifact.manifest.tasks : [oneTask(artifact, task)];
  const heads: Record<string, NamedTensors[string]> = {};
  for (const { name } of tasks)
    for (const [tensor, value] of Object.entries(await readHead(store, artifact, name)))
      heads[`${name}.${tensor}`] = value;
  const spec: ProgramSpec = {
    name: 'export',
    constants: { ...params, ...heads },
    fn: ({ constants, inputs }) => {
      const images = tf.transpose(inputs['pixel_values']!, [0, 2, 3, 1]); // [B, H, W, C]
      const features = forwardFeatures(config, constants, images);
      const logits = tasks.map(({ name }) => {
        const head = { 'head.weight': constants[`${name}.head.weight`]!, 'head.bias': constants[`${name}.head.bias`]! };
        return [tasks.length === 1 ? 'logits' : name, headLogits(features, head)] as const;
      });
      return { outputs: Object.fromEntries(logits) };
    },
  };
  return exportOnnx(
    spec,
    { pixel_values: { dtype: 'float32', dims: ['batch', config.inChans, config.imgSize, config.imgSize] } },
    {
      producer: creator,
      metadata: {
        artifact: artifact.digest,
        preprocess: JSON.stringify(preprocess),
        labels: JSON.stringify(Object.fromEntries(tasks.map(({ name, labels }) => [name, labels]))),
      },
    },
  );
}
