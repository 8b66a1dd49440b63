import type { ArtifactStore, StoredArtifact } from '@medlego/artifacts';
import { requireSplit, type Dataset } from '@medlego/data';
import type { Engine } from '@medlego/engine';
import type { Task } from '@medlego/tasks';
import { computeFeatures, splitImages } from '@medlego/training';
import { readAdapterFiles } from '../adapter-files.ts';
import type { NamedBackbone } from '../backbones.ts';
import { refitHeads, type RefittedHead } from './refit-heads.ts';
import { memberTask } from './replace-heads.ts';

export interface RefitGeneralistOptions {
  readonly engine: Engine;
  readonly store: ArtifactStore;
  readonly backbone: NamedBackbone;
  readonly generalist: StoredArtifact;
  /** Members whose heads to solve again; all by default. */
  readonly tasks?: readonly string[];
  /** Finds the images of a task. */
  readonly dataFor: (task: Task) => Promise<Dataset>;
  readonly onTask?: (task: string, index: number, count: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Solves heads of a stored generalist again, each on its member's training images. Stores nothing: `replaceHeads` makes the new
 * version, `writeHeadFile` a file to hand on.
 *
 * @throws InvalidValueError for a task that is no member, EmptySplitError for data without training or validation images
 */
export async function refitGeneralist(
  options: RefitGeneralistOptions,
): Promise<Readonly<Record<string, RefittedHead>>> {
  const { engine, store, backbone, generalist, dataFor, onTask, signal } = options;
  const tasks = (options.tasks ?? generalist.manifest.tasks.map(({ name }) => name)).map((name) =>
    memberTask(generalist, name),
  );
  const heads: Record<string, RefittedHead> = {};
  for (const [index, task] of tasks.entries()) {
    onTask?.(task.name, index, tasks.length);
    const dataset = await dataFor(task); // one member's images in memory at a time
    const adapter = await readAdapterFiles(store, generalist, backbone.config, task.name);
    const [train, val] = [requireSplit(dataset, 'train'), requireSplit(dataset, 'val')];
    const solved = await refitHeads({
      tasks: [{ name: task.name, task, train, val }],
      featuresOf: (_, split) =>
        computeFeatures(engine, backbone, splitImages(split === 'train' ? train : val, backbone.preprocess), {
          adapter,
          ...(signal && { signal }),
        }),
    });
    Object.assign(heads, solved);
  }
  return heads;
}
