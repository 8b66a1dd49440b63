import { readFile } from 'node:fs/promises';
import type { ArtifactStore, StoredArtifact } from '@medlego/artifacts';
import { decodeImage, preprocessRaster } from '@medlego/data';
import type { Engine } from '@medlego/engine';
import { InvalidValueError, toAppError } from '@medlego/errors';
import { float32 } from '@medlego/tensors';
import { applyHead, computeFeatures, toScores, type ImageBatches } from '@medlego/training';
import { needsTask, readAdapterFiles, readHead } from './adapter-files.ts';
import type { NamedBackbone } from './backbones.ts';

export interface Prediction {
  readonly file: string;
  readonly task: string;
  readonly probabilities: Readonly<Record<string, number>>;
  /** Digest of the artifact that answered. */
  readonly artifact: string;
}

export interface PredictImagesOptions {
  readonly engine: Engine;
  readonly store: ArtifactStore;
  readonly backbone: NamedBackbone;
  readonly artifact: StoredArtifact;
  readonly files: readonly string[];
  /** Only these tasks; all by default. */
  readonly tasks?: readonly string[];
}

/** Asks a specialist or generalist about image files: one pass of the backbone for all heads, unless its method has to be told the task. */
export async function predictImages(options: PredictImagesOptions): Promise<Prediction[]> {
  const { engine, store, backbone, artifact, files } = options;
  const known = artifact.manifest.tasks;
  for (const name of options.tasks ?? [])
    if (!known.some((task) => task.name === name))
      throw new InvalidValueError({ field: 'task', expected: known.map((task) => task.name).join(', '), actual: name });
  const tasks = known.filter((task) => options.tasks?.includes(task.name) ?? true);
  const side = backbone.preprocess.imgSize;
  const pixels = await Promise.all(
    files.map(async (file) => {
      const bytes = await readFile(file).catch((error: unknown) => {
        throw toAppError(error, { path: file, what: 'image' });
      });
      return preprocessRaster(await decodeImage(bytes), backbone.preprocess);
    }),
  );
  const images: ImageBatches = {
    count: files.length,
    shape: [side, side, 3],
    at: (from, rows) => {
      const data = new Float32Array(rows * side * side * 3);
      for (let row = 0; row < rows; row++) data.set(pixels[from + row]!, row * side * side * 3);
      return float32([rows, side, side, 3], data);
    },
  };
  const featuresFor = async (task?: string) =>
    computeFeatures(engine, backbone, images, {
      adapter: await readAdapterFiles(store, artifact, backbone.config, task),
      batchSize: Math.min(files.length, 64),
    });
  const tellsTask = needsTask(artifact); // then every task has a pass of its own
  const shared = tellsTask ? null : await featuresFor();
  const answers: Prediction[] = [];
  for (const task of tasks) {
    const features = shared ?? (await featuresFor(task.name));
    const scores = toScores(task.kind, applyHead(features, await readHead(store, artifact, task.name)));
    files.forEach((file, row) =>
      answers.push({
        file,
        task: task.name,
        probabilities: Object.fromEntries(
          task.labels.map((label, column) => [label, scores.data[row * task.labels.length + column]!]),
        ),
        artifact: artifact.digest,
      }),
    );
  }
  return answers.sort((a, b) => files.indexOf(a.file) - files.indexOf(b.file));
}
