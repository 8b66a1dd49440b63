import { assertSameBackbone, type ArtifactStore } from '@medlego/artifacts';
import type { Recipe, RecipeMember } from '@medlego/contracts/rpc';
import { DuplicateMemberError, InvalidValueError, UnsupportedMergeSpaceError } from '@medlego/errors';
import { findMethod } from '@medlego/merging';
import type { Json } from '@medlego/registry';

/** How to merge, without the members. */
export type CheckedRecipe = {
  readonly method: string;
  /** As they were given; the method fills in its defaults. */
  readonly params: { readonly [name: string]: Json };
  /** Null for the method's default. */
  readonly space: string | null;
};

/** A member as it was found in the store. */
export type CheckedMember = { readonly artifact: string; readonly task: string; readonly weight: number | null };

const maxMembers = 256;

/** @throws InvalidValueError naming the field, UnknownMergeMethodError, UnsupportedMergeSpaceError */
export function checkRecipe(recipe: Recipe | undefined): CheckedRecipe {
  if (!recipe) throw new InvalidValueError({ field: 'recipe', expected: 'a recipe', actual: 'none' });
  if (recipe.refitHeads)
    throw new InvalidValueError(
      { field: 'recipe.refit_heads', expected: 'false', actual: true },
      { hint: 'Heads are re-fitted where the images are: `medlego refit NAME --members TASK,...` after the merge.' },
    );
  const method = findMethod(recipe.method);
  const space = recipe.space === '' ? null : recipe.space;
  if (space !== null && !method.spaces.some((known) => known === space))
    throw new UnsupportedMergeSpaceError({ method: method.id, space, supported: method.spaces });
  const params = parseParams(recipe.paramsJson);
  method.configure(params);
  return { method: method.id, params, space };
}

function parseParams(text: string): CheckedRecipe['params'] {
  try {
    const params = JSON.parse(text === '' ? '{}' : text) as unknown;
    if (typeof params === 'object' && params !== null && !Array.isArray(params))
      return params as CheckedRecipe['params'];
  } catch {
    // Said below.
  }
  throw new InvalidValueError({
    field: 'recipe.params_json',
    expected: 'one JSON object',
    actual: JSON.stringify(text.slice(0, 100)),
  });
}

/**
 * Finds the members of a recipe, sorted by task.
 * @throws InvalidValueError, ArtifactNotFoundError, WrongBackboneError, DuplicateMemberError naming the member
 */
export async function checkMembers(store: ArtifactStore, members: readonly RecipeMember[]): Promise<CheckedMember[]> {
  if (members.length === 0 || members.length > maxMembers)
    throw new InvalidValueError({
      field: 'recipe.members',
      expected: `1 to ${maxMembers} specialists`,
      actual: members.length,
    });
  const checked: CheckedMember[] = [];
  let backbone: string | null = null;
  for (const { specialist, weight = null } of members) {
    if (weight !== null && !Number.isFinite(weight))
      throw new InvalidValueError({ field: `weight of ${specialist}`, expected: 'a finite number', actual: weight });
    const { digest, manifest } = await store.get(specialist, { kind: 'specialist' });
    backbone ??= manifest.backbone!;
    assertSameBackbone(backbone as `sha256:${string}`, manifest.backbone!, specialist);
    checked.push({ artifact: digest, task: manifest.tasks[0]!.name, weight });
  }
  checked.sort((a, b) => (a.task < b.task ? -1 : 1));
  const twice = checked.find(({ task }, index) => task === checked[index - 1]?.task);
  if (twice) throw new DuplicateMemberError({ name: twice.task });
  return checked;
}
