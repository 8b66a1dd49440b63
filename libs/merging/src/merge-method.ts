import { type Matrix } from '@medlego/linalg';
import { type z } from 'zod';
import { type MethodLaws } from './method-laws.ts';
import { parseParams, type CommonParams } from './merge-params.ts';
import { type SpaceId, type UpdateFactors } from './spaces/merge-space.ts';
import { type ModuleStatistics, type StatisticsKind } from './statistics.ts';

/** What a method may know about the module at hand, beside the deltas. */
export interface ModuleContext {
  /** `blocks.0.attn.q` */
  readonly module: string;
  /** The space whose coordinates the deltas are in; whole models are in `full`. */
  readonly space: SpaceId;
  /** Position of the module in the sorted list of all, and the length of that list. */
  readonly index: number;
  readonly count: number;
  /** Rank of each member's update; 0 for a member that does not touch this module. */
  readonly ranks: readonly number[];
  /** Each member's factors in the space's coordinates, borrowed; undefined for a member that does not touch this module. */
  readonly factors: readonly (UpdateFactors | undefined)[];
  /** What each member's statistics file says of this module, borrowed; present for all members if the method `needs` it. */
  readonly statistics: readonly (ModuleStatistics | undefined)[];
  /** Names of the members, for error messages only: a result must not depend on them. */
  readonly names: readonly string[];
  /** 32-bit key of what a member holds in this module, whatever its name, place or scale: the root of its random numbers. */
  readonly contentKey: (member: number) => number;
}

/** One module's deltas, one per member, in the order of the weights. */
export interface ModuleDeltas extends ModuleContext {
  readonly deltas: readonly Matrix[];
}

/** A merge method as its file writes it; `defineMergeMethod` makes a `MergeMethod` of it. */
export interface MergeMethodDefinition<P extends CommonParams, S> {
  /** As mergekit and PEFT name it, snake_case; `med-lego` is the exception, named as the paper. */
  readonly id: string;
  readonly title: string;
  /** Author, year and where to read it. */
  readonly source: string;
  /** Spaces that it is defined on; the first is the default. */
  readonly spaces: readonly [SpaceId, ...SpaceId[]];
  /** Parameters with defaults; spread `scaleParams`, and `cutParams` for a rank cut, into a strict object. */
  readonly params: z.ZodType<P>;
  /** Statistics of the members' data that it cannot do without, for every module that a member touches. */
  readonly needs?: readonly StatisticsKind[];
  /** Published for matrices only: in a merge of whole models, tensors that are no matrices take the plain mean instead. */
  readonly matricesOnly?: boolean;
  /** Acts on the members' low-rank factors: whole models have none, so it refuses them. */
  readonly factorsOnly?: boolean;
  /** What the method promises beyond what holds for all methods. */
  readonly laws?: MethodLaws;
  /**
   * For methods that need all modules before the first is merged (a threshold over the whole adapter): one pass over them.
   * `modules` can be walked more than once; deltas are made anew each time and must not be held.
   */
  readonly survey?: (modules: Iterable<ModuleDeltas>, weights: readonly number[], params: P) => S;
  /**
   * Merges one module.
   *
   * @param deltas  one matrix per member, all of one shape, borrowed: dense [out, in] updates in space `full`, their cores
   *                in space `core`. Zero where a member does not touch the module.
   * @param weights one per member, 1 where the recipe names none, any sign
   * @param survey  what `survey` answered
   * @returns a matrix of the same shape, before λ; owned by the caller
   */
  readonly merge: (
    deltas: readonly Matrix[],
    weights: readonly number[],
    params: P,
    context: ModuleContext & { readonly survey: S },
  ) => Matrix;
  /** For methods that know the task at inference: one update per member, as `merge` beside the merged one. */
  readonly mergeTasks?: (
    deltas: readonly Matrix[],
    weights: readonly number[],
    params: P,
    context: ModuleContext & { readonly survey: S },
  ) => readonly Matrix[];
}

/** Merges one module after another, after the survey. */
export interface ModuleMerger {
  (module: ModuleDeltas): Matrix;
  /** One update per member, before λ; of methods that need the task at inference only. */
  readonly tasks?: ((module: ModuleDeltas) => readonly Matrix[]) | undefined;
}

/** A method with its parameters filled in. */
export interface ConfiguredMethod {
  readonly params: CommonParams;
  /** Surveys the modules if the method wants to; the answer merges one module. */
  begin(weights: readonly number[], modules: Iterable<ModuleDeltas>): ModuleMerger;
}

export interface MergeMethod {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly spaces: readonly [SpaceId, ...SpaceId[]];
  readonly params: z.ZodType;
  /** Empty for a data-free method. */
  readonly needs: readonly StatisticsKind[];
  readonly matricesOnly: boolean;
  readonly factorsOnly: boolean;
  /** Answers one update per member, to be chosen by task at inference, beside the merged one. */
  readonly needsTask: boolean;
  readonly laws: MethodLaws;
  /** @throws InvalidValueError naming the parameter, what it may be and what it is */
  configure(params: unknown): ConfiguredMethod;
}

/** Turns a definition into a method of the registry. Parameter types stay inside. */
export function defineMergeMethod<P extends CommonParams, S = undefined>(
  definition: MergeMethodDefinition<P, S>,
): MergeMethod {
  const { id, title, source, spaces, params: schema, needs = [], survey, merge, mergeTasks } = definition;
  const { matricesOnly = false, factorsOnly = false, laws = {} } = definition;
  return {
    id,
    title,
    source,
    spaces,
    params: schema,
    needs,
    matricesOnly,
    factorsOnly,
    needsTask: mergeTasks !== undefined,
    laws,
    configure(input) {
      const params = parseParams(schema, input);
      return {
        params,
        begin(weights, modules) {
          const surveyed = survey?.(modules, weights, params) as S;
          const merger = ({ deltas, ...context }: ModuleDeltas) =>
            merge(deltas, weights, params, { ...context, survey: surveyed });
          const tasks =
            mergeTasks &&
            (({ deltas, ...context }: ModuleDeltas) =>
              mergeTasks(deltas, weights, params, { ...context, survey: surveyed }));
          return Object.assign(merger, { tasks });
        },
      };
    },
  };
}
