import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  checkDataset,
  classCounts,
  encodeNpz,
  openNpz,
  requireSplit,
  selectRows,
  splitNames,
  type Dataset,
  type NpyArray,
  type Split,
} from '@medlego/data';
import { InvalidValueError, toAppError } from '@medlego/errors';
import { parseTask } from '@medlego/tasks';
import { writeFileAtomic } from '@medlego/tensors';
import { type SampleRecipe } from './recipes.ts';
import { writeSampleImages } from './sample-images.ts';

export interface MadeTask {
  readonly recipe: SampleRecipe;
  readonly bytes: number;
  readonly samples: readonly string[];
  readonly findings: readonly string[];
}

/** The command as a reader types it; it is written into every description. */
export const makerCommand = 'npm run sample-data';

/**
 * Makes `NAME.npz`, `NAME.json` and the example images of one task.
 *
 * @param sourceDir folder of the full files, @param outDir folder of the committed ones
 * @throws InvalidValueError if the source has other labels or fewer rows than the recipe asks for
 */
export async function makeTask(recipe: SampleRecipe, sourceDir: string, outDir: string): Promise<MadeTask> {
  const sourcePath = join(sourceDir, `${recipe.file}.npz`);
  const task = parseTask(recipe.task, recipe.file);
  const source = await openNpz(sourcePath, { task });
  const arrays: Record<string, NpyArray> = {};
  const counts: Record<string, { images: number; classes: Record<string, number> }> = {};
  for (const name of splitNames) {
    const split = prefix(source, name, recipe.rows[name]);
    arrays[`${name}_images`] = { descr: '|u1', shape: imageShape(split), data: split.images };
    arrays[`${name}_labels`] = {
      descr: '|u1',
      shape: [split.count, split.labelWidth],
      data: Uint8Array.from(split.labels),
    };
    const classes = classCounts(task, split);
    counts[name] = {
      images: split.count,
      classes: Object.fromEntries(task.labels.map((label, index) => [label, classes[index]!])),
    };
  }
  await mkdir(outDir, { recursive: true });
  const path = join(outDir, `${task.name}.npz`);
  const bytes = Buffer.concat(encodeNpz(arrays));
  await writeFileAtomic(path, bytes, { what: 'sample task' });

  const description = {
    task,
    counts,
    origin: recipe.origin,
    changes: recipe.changes,
    licenceUrl: recipe.licenceUrl,
    source: { file: `${recipe.file}.npz`, sha256: await sha256Of(sourcePath), rows: 'the first of each split' },
    command: makerCommand,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    clinicalUse: false,
  };
  await writeFileAtomic(join(outDir, `${task.name}.json`), `${JSON.stringify(description, null, 2)}\n`, {
    what: 'task description',
  });
  const made = await openNpz(path);
  const samples = await writeSampleImages(made, join(outDir, 'samples', task.name));
  return { recipe, bytes: bytes.length, samples, findings: checkDataset(made).findings };
}

function prefix(dataset: Dataset, name: 'train' | 'val' | 'test', rows: number): Split {
  const split = requireSplit(dataset, name);
  if (split.count < rows)
    throw new InvalidValueError({
      field: `${dataset.source.path}, ${name}`,
      expected: `at least ${rows} images`,
      actual: split.count,
    });
  return selectRows(
    split,
    Array.from({ length: rows }, (_, row) => row),
  );
}

const imageShape = ({ count, height, width, channels }: Split): number[] =>
  channels === 1 ? [count, height, width] : [count, height, width, channels];

async function sha256Of(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw toAppError(error, { path, what: 'source of a sample task' });
  });
  return createHash('sha256').update(bytes).digest('hex');
}
