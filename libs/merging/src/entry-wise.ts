import { type z } from 'zod';
import { type Consensus } from './consensus/consensus.ts';
import { defineMergeMethod, type MergeMethod, type ModuleDeltas } from './merge-method.ts';
import { type CommonParams } from './merge-params.ts';
import { type MethodLaws } from './method-laws.ts';
import { type Sparsifier } from './sparsify/sparsifier.ts';

/** An entry-wise method as data: what each member drops, and how the rest is merged. */
export interface EntryWiseDefinition<P extends CommonParams, S> {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly params: z.ZodType<P>;
  readonly sparsifier: Sparsifier<P, S>;
  readonly consensus: Consensus<P>;
  /** Whether an undecided sign follows the majority of its module or of all modules. */
  readonly signScope?: (params: P) => 'global' | 'module';
  readonly laws?: MethodLaws;
}

/**
 * An entry-wise method is defined on dense updates, where it was published, and on their cores, where entries are coordinates
 * in the members' common subspace: another algorithm, since entries depend on the basis, and reported by its space.
 */
export function defineEntryWiseMethod<P extends CommonParams, S>(definition: EntryWiseDefinition<P, S>): MergeMethod {
  const { id, title, source, params: schema, sparsifier, consensus, signScope = () => 'global', laws } = definition;

  const sparsified = ({ deltas, ...context }: ModuleDeltas, params: P, survey: S) =>
    deltas.map((delta, member) => sparsifier.apply(delta, params, { member, context, survey }));

  return defineMergeMethod({
    id,
    title,
    source,
    spaces: ['full', 'core'],
    params: schema,
    laws,
    survey(modules, weights, params) {
      const survey = sparsifier.survey?.(modules, params) as S;
      let excess: number | undefined;
      const globalExcess = () => {
        if (excess === undefined) {
          excess = 0;
          for (const module of modules)
            excess += consensus.signExcess!(sparsified(module, params, survey), weights, params);
        }
        return excess;
      };
      return { survey, globalExcess };
    },
    merge(deltas, weights, params, { survey: { survey, globalExcess }, ...context }) {
      const kept = sparsified({ deltas, ...context }, params, survey);
      let excess: number | undefined;
      const ownExcess = () => (excess ??= consensus.signExcess!(kept, weights, params));
      return consensus.apply(kept, weights, params, signScope(params) === 'module' ? ownExcess : globalExcess);
    },
  });
}
