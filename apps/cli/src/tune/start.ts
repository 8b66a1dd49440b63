import type { ArtifactStore } from '@medlego/artifacts';
import { InvalidValueError } from '@medlego/errors';
import { findMethod } from '@medlego/merging';
import type { RecipeDocument } from '@medlego/workflows';

/** Where a search starts, and what it may vary if nobody says. */
export interface TuneStart {
  readonly backbone: string;
  /** The generalist whose recipe it is; absent for specialists. */
  readonly generalist?: string;
  readonly recipe: RecipeDocument;
  /** Parameters that stay as they are. */
  readonly fixed: Readonly<Record<string, unknown>>;
}

interface StartOptions {
  readonly method?: string;
  readonly space?: string;
  readonly param: Readonly<Record<string, unknown>>;
}

/**
 * The recipe of one generalist (of another method: its members and weights with that method's defaults), or specialists with a
 * method's defaults; parameters that the user names go over both.
 *
 * @throws InvalidValueError for a generalist among several, NotMergedError, ArtifactNotFoundError
 */
export async function startOf(
  store: ArtifactStore,
  refs: readonly string[],
  { method: asked, space, param }: StartOptions,
): Promise<TuneStart> {
  const found = await Promise.all(refs.map((ref) => store.get(ref, { kind: ['specialist', 'generalist'] })));
  const first = found[0]!;
  const backbone = first.manifest.backbone!;
  if (found.every(({ manifest }) => manifest.kind === 'specialist')) {
    const members = found.map(({ digest }) => ({ ref: digest }));
    return { backbone, recipe: { method: asked ?? 'med-lego', space, params: param, members }, fixed: param };
  }
  if (found.length > 1)
    throw new InvalidValueError({
      field: 'names',
      expected: 'one generalist, or specialists alone',
      actual: refs.join(' '),
    });
  const { readRecipe } = await import('@medlego/workflows');
  const own = await readRecipe(store, first);
  const isSame = asked === undefined || findMethod(asked).id === own.method;
  const before = isSame ? own.params : {};
  const mode = before['mode'];
  return {
    backbone,
    generalist: first.digest,
    recipe: {
      method: isSame ? own.method : asked,
      space: space ?? (isSame ? own.space : undefined),
      params: { ...before, ...param },
      members: own.members,
    },
    // What v counts decides its range.
    fixed: { ...(mode !== undefined && { mode }), ...param },
  };
}
