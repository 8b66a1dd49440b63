import { readFile } from 'node:fs/promises';
import { specialistFiles, type StoredArtifact } from '@medlego/artifacts';
import { InvalidValueError, toAppError } from '@medlego/errors';
import { parseSafetensors, writeSafetensors } from '@medlego/tensors';
import type { RefittedHead } from './refit-heads.ts';
import { memberTask } from './replace-heads.ts';

/** A head on its way from the place that has the images to the place that keeps the generalist. */
export interface HeadFile {
  readonly task: string;
  readonly refitted: RefittedHead;
}

/**
 * What a head was solved on: backbone and merged adapter of its task. Versions of a generalist that differ in heads alone have the
 * same, so heads from several places can be put in one after the other.
 */
function featuresDigest({ manifest }: StoredArtifact, task: string): string {
  const own = manifest.files[`adapters/${task}/${specialistFiles.adapter}`];
  const adapter = own ?? manifest.files[specialistFiles.adapter] ?? manifest.files['model.safetensors'];
  return `${manifest.backbone} ${adapter?.digest ?? 'unadapted'}`;
}

/** Writes one head: two tensors and five words, nothing of an image. */
export async function writeHeadFile(
  path: string,
  generalist: StoredArtifact,
  { task, refitted: { head, l2, images } }: HeadFile,
): Promise<void> {
  await writeSafetensors(path, head, {
    format: 'pt',
    kind: 'refitted head',
    task,
    features: featuresDigest(generalist, task),
    l2: String(l2),
    images: String(images),
  });
}

/**
 * Reads a head and checks that it was solved for this generalist.
 *
 * @throws FileNotFoundError, FileFormatError; InvalidValueError for a file that is no re-fitted head, one of a task that is no
 *         member, or one that was solved on another merge
 */
export async function readHeadFile(path: string, generalist: StoredArtifact): Promise<HeadFile> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw toAppError(error, { path, what: 'head' });
  });
  const { tensors, metadata } = parseSafetensors(bytes, path);
  const { kind, task = '', features, l2, images } = metadata;
  if (kind !== 'refitted head')
    throw new InvalidValueError({
      field: path,
      expected: 'a head that refit wrote',
      actual: kind ?? 'a file without its notes',
    });
  memberTask(generalist, task);
  const expected = featuresDigest(generalist, task);
  if (features !== expected)
    throw new InvalidValueError(
      { field: `${path}: features`, expected, actual: features },
      { hint: 'The head was solved on another merge; refit it on this one.' },
    );
  const numbers = { l2: Number(l2), images: Number(images) };
  for (const [field, value] of Object.entries(numbers))
    if (!(Number.isFinite(value) && value >= 0))
      throw new InvalidValueError({ field: `${path}: ${field}`, expected: 'a number of at least 0', actual: value });
  return { task, refitted: { head: tensors, ...numbers } };
}
