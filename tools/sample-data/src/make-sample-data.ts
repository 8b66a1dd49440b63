import { join } from 'node:path';
import { writeFileAtomic } from '@medlego/tensors';
import { makeTask, type MadeTask } from './make-task.ts';
import { sampleReadme } from './readme.ts';
import { sampleRecipes } from './recipes.ts';

/** Makes all sample tasks and the folder's README. The same sources and zlib give the same bytes. */
export async function makeSampleData(sourceDir: string, outDir: string): Promise<MadeTask[]> {
  const made: MadeTask[] = [];
  for (const recipe of sampleRecipes) made.push(await makeTask(recipe, sourceDir, outDir));
  await writeFileAtomic(join(outDir, 'README.md'), sampleReadme(made), { what: 'README of the sample tasks' });
  return made;
}
