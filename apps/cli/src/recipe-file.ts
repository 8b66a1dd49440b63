import { readFile } from 'node:fs/promises';
import { toAppError } from '@medlego/errors';
import { writeFileAtomic } from '@medlego/tensors';
import type { RecipeDocument } from '@medlego/workflows';

/** Reads a recipe in YAML or JSON. @throws as `parseRecipe`, FileNotFoundError */
export async function readRecipeFile(file: string): Promise<RecipeDocument> {
  const [{ parse }, { parseRecipe }] = await Promise.all([import('yaml'), import('@medlego/workflows')]);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw toAppError(error, { path: file, what: 'recipe' });
  });
  return parseRecipe(parse(text), file);
}

/** A recipe as YAML, as `readRecipeFile` takes it. */
export async function recipeText(recipe: RecipeDocument): Promise<string> {
  const { stringify } = await import('yaml');
  return stringify(recipe);
}

export async function writeRecipeFile(file: string, recipe: RecipeDocument): Promise<void> {
  await writeFileAtomic(file, await recipeText(recipe), { what: 'recipe' });
}
