import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { writeFileAtomic } from '@medlego/tensors';

/**
 * Where the images of a data set lie on this machine, by the data set's digest. Artifacts name data by digest alone, so that the same
 * training gives the same artifact whatever the folder; this index is how `evaluate` finds the files again.
 */
const fileOf = (home: string, digest: string): string =>
  join(home, 'data-index', `${digest.replace(/^sha256:/, '')}.json`);

export async function rememberData(home: string, digest: string, path: string): Promise<void> {
  await mkdir(join(home, 'data-index'), { recursive: true });
  await writeFileAtomic(fileOf(home, digest), `${JSON.stringify({ path: resolve(path) })}\n`, { what: 'data index' });
}

/** The remembered path; undefined where this machine has not seen the data. */
export async function recallData(home: string, digest: string): Promise<string | undefined> {
  try {
    return (JSON.parse(await readFile(fileOf(home, digest), 'utf8')) as { path: string }).path;
  } catch {
    return undefined; // never seen, or a damaged note: the caller looks elsewhere or asks
  }
}
