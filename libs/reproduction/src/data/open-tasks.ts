import { join } from 'node:path';
import {
  createDataset,
  downloadMedmnist,
  openDataset,
  openShenzhen,
  selectRows,
  splitNames,
  type Dataset,
  type PreprocessSpec,
  type Split,
  type SplitName,
} from '@medlego/data';
import type { TaskConfig } from '../config/config-schema.ts';

export interface OpenTasksOptions {
  /** Where the files are, or are downloaded to. */
  readonly folder: string;
  readonly size: 28 | 64 | 128 | 224;
  readonly preprocess: PreprocessSpec;
  /** Folder of the Shenzhen set. Without it tasks of that source are left out if they are optional. */
  readonly shenzhen?: string | undefined;
  /** At most so many images of every split, the first ones. */
  readonly limit?: number | undefined;
  /** At most so many of the training images, the first ones. */
  readonly trainImages?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onNote?: (note: string) => void;
}

/** A task of a table with its images. */
export interface TableTask {
  readonly name: string;
  readonly title: string;
  readonly dataset: Dataset;
}

/**
 * Opens the data of all tasks in their order.
 * @throws DatasetNotFoundError, DownloadUnavailableError and what the sources throw
 */
export async function openTasks(tasks: readonly TaskConfig[], options: OpenTasksOptions): Promise<TableTask[]> {
  const opened: TableTask[] = [];
  for (const task of tasks) {
    if (task.source === 'shenzhen' && options.shenzhen === undefined && task.optional) {
      options.onNote?.(`${task.name} is left out: its folder was not given (--shenzhen).`);
      continue;
    }
    const dataset = named(task.name, limited(await openTask(task, options), options));
    opened.push({ name: task.name, title: ('title' in task ? task.title : undefined) ?? task.name, dataset });
  }
  return opened;
}

async function openTask({ name, source }: TaskConfig, options: OpenTasksOptions): Promise<Dataset> {
  const { folder, size, preprocess, shenzhen, signal } = options;
  const open = { preprocess, ...(signal && { signal }) };
  if (source === 'shenzhen') return openShenzhen(shenzhen ?? join(folder, 'shenzhen'), open);
  if (source === 'medmnist') {
    const { path } = await downloadMedmnist(name, { dir: folder, size, ...(signal && { signal }) });
    return openDataset(path, open);
  }
  return openDataset(join(folder, `${name}${size === 28 ? '' : `_${size}`}.npz`), open);
}

/** The task under the table's own name for it. */
const named = (name: string, dataset: Dataset): Dataset =>
  dataset.task.name === name ? dataset : { ...dataset, task: { ...dataset.task, name } };

/** The first rows of every split: the files are in a class-stratified random order. */
function limited(dataset: Dataset, { limit = Infinity, trainImages = Infinity }: OpenTasksOptions): Dataset {
  const most = (name: SplitName) => (name === 'train' ? Math.min(limit, trainImages) : limit);
  if (splitNames.every((name) => dataset.splits[name].count <= most(name))) return dataset;
  const { task, source, notices } = dataset;
  const cut = (name: SplitName): Split => {
    const split = dataset.splits[name];
    return selectRows(
      split,
      Array.from({ length: Math.min(most(name), split.count) }, (_, row) => row),
    );
  };
  return createDataset({
    task,
    source,
    notices,
    splits: Object.fromEntries(splitNames.map((name) => [name, cut(name)])),
  });
}
