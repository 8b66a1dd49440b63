import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '@medlego/artifacts';
import { AppError, isSystemError } from '@medlego/errors';
import { asFloat32, encodeSafetensors, parseSafetensors, writeFileAtomic, type HostTensor } from '@medlego/tensors';

/** What a row answered, [n, labels] per task, and what was found on the way (chosen parameters, L2 of heads). */
export interface CachedScores {
  readonly scores: Readonly<Record<string, HostTensor<'float32'>>>;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Scores of rows on disk, by the digest of everything that they depend on. */
export interface ScoreCache {
  /** The scores for `inputs`, computed and kept where they are not there yet. */
  get(inputs: Readonly<Record<string, unknown>>, compute: () => Promise<CachedScores>): Promise<CachedScores>;
  readonly hits: number;
  readonly misses: number;
}

/** Raised when the meaning of cached files changes. */
const form = 1;

/** @param fresh do not read what is there */
export async function openScoreCache(folder: string, { fresh = false } = {}): Promise<ScoreCache> {
  await mkdir(folder, { recursive: true });
  const counts = { hits: 0, misses: 0 };
  return {
    async get(inputs, compute) {
      const key = createHash('sha256')
        .update(canonicalJson({ form, ...inputs }, 'row'))
        .digest('hex');
      const file = join(folder, `${key}.safetensors`);
      const known = fresh ? null : await read(file);
      if (known) {
        counts.hits++;
        return known;
      }
      const { scores, facts } = await compute();
      // Facts travel through JSON both ways, so that a computed row and a cached one are the same.
      const text = JSON.stringify(facts);
      await writeFileAtomic(file, encodeSafetensors(scores, { facts: text }), { what: 'scores of a row' });
      counts.misses++;
      return { scores, facts: JSON.parse(text) as CachedScores['facts'] };
    },
    get hits() {
      return counts.hits;
    },
    get misses() {
      return counts.misses;
    },
  };
}

/** null for a file that is not there or damaged: the row is computed again. */
async function read(file: string): Promise<CachedScores | null> {
  try {
    const { tensors, metadata } = parseSafetensors(await readFile(file), file);
    return {
      scores: Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, asFloat32(name, tensor)])),
      facts: JSON.parse(metadata['facts'] ?? '{}') as CachedScores['facts'],
    };
  } catch (error) {
    if (error instanceof AppError || error instanceof SyntaxError || (isSystemError(error) && error.code === 'ENOENT'))
      return null;
    throw error;
  }
}
