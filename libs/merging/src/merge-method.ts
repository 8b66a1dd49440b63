import { type Matrix } from '@medlego/linalg';
import { type z } from 'zod';
import { parseParams, type CommonParams } from './merge-params.ts';
import { type SpaceId, type UpdateFactors } from './spaces/merge-space.ts';
import { type ModuleStatistics, type StatisticsKind } from './statistics.ts';

/** What a method may know about the module at hand, beside the deltas. */
export interface ModuleContext {
  /** `blocks.0.attn.q` */
  readonly module: string;
  /** Position of the module in the sorted list of all, and the length of that list. */
  readonly index: number;
  readonly count: number;
  /** Rank of each member's update; 0 for a member that does not touch this module. */
  readonly ranks: readonly number[];
  /** Each member's factors in the space's coordinates, borrowed; undefined for a member that does not touch this module. */
  readonly factors: readonly (UpdateFactors | undefined)[];
  /** What each member's statistics file says of this module, borrowed; present for all members if the method `needs` it. */
  readonly statistics: readonly (ModuleStatistics | undefined)[];
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
}

/** A method with its parameters filled in. */
export interface ConfiguredMethod {
  readonly params: CommonParams;
  /** Surveys the modules if the method wants to; the answer merges one module. */
  begin(weights: readonly number[], modules: Iterable<ModuleDeltas>): (module: ModuleDeltas) => Matrix;
}

export interface MergeMethod {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly spaces: readonly [SpaceId, ...SpaceId[]];
  readonly params: z.ZodType;
  /** Empty for a data-free method. */
  readonly needs: readonly StatisticsKind[];
  /** @throws InvalidValueError naming the parameter, what it may be and what it is */
  configure(params: unknown): ConfiguredMethod;
}

/** Turns a definition into a method of the registry. Parameter types stay inside. */
export function defineMergeMethod<P extends CommonParams, S = undefined>(
  definition: MergeMethodDefinition<P, S>,
): MergeMethod {
  const { id, title, source, spaces, params: schema, needs = [], survey, merge } = definition;
  return {
    id,
    title,
    source,
    spaces,
    params: schema,
    needs,
    configure(input) {
      const params = parseParams(schema, input);
      return {
        params,
        begin(weights, modules) {
          const surveyed = survey?.(modules, weights, params) as S;
          return ({ deltas, ...context }) => merge(deltas, weights, params, { ...context, survey: surveyed });
        },
      };
    },
  };
}
