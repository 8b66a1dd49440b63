import { UnknownMergeMethodError, UnsupportedMergeSpaceError } from '@medlego/errors';
import { z } from 'zod';
import { type MergeMethod } from './merge-method.ts';
import { average } from './methods/average.ts';
import { medLego } from './methods/med-lego.ts';
import { coreSpace } from './spaces/core.ts';
import { fullSpace } from './spaces/full.ts';
import { type MergeSpace, type SpaceId } from './spaces/merge-space.ts';
import { type StatisticsKind } from './statistics.ts';

/** Every merge method, in the order in which they are listed to a user. A new one is a line here and a file. */
export const mergeMethods: readonly MergeMethod[] = [medLego, average];

/** Every space. */
export const mergeSpaces: readonly MergeSpace[] = [coreSpace, fullSpace];

/** @throws UnknownMergeMethodError listing the known ids */
export function findMethod(id: string): MergeMethod {
  const method = mergeMethods.find((candidate) => candidate.id === id);
  if (!method) throw new UnknownMergeMethodError({ method: id, known: mergeMethods.map((known) => known.id) });
  return method;
}

/** The space called `id`, or the method's default. @throws UnsupportedMergeSpaceError */
export function findSpace(method: MergeMethod, id: string = method.spaces[0]): MergeSpace {
  const space = mergeSpaces.find((candidate) => candidate.id === id);
  if (!space || !method.spaces.includes(space.id))
    throw new UnsupportedMergeSpaceError({ method: method.id, space: id, supported: method.spaces });
  return space;
}

/** A method as data: for `--help`, the service's answer and the console. */
export interface MethodDescription {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly spaces: readonly SpaceId[];
  /** JSON Schema of the parameters, with defaults and descriptions. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Statistics of the members' data that it needs; empty for a data-free method. */
  readonly needs: readonly StatisticsKind[];
}

export const describeMethods = (): readonly MethodDescription[] =>
  mergeMethods.map(({ id, title, source, spaces, params, needs }) => ({
    id,
    title,
    source,
    spaces,
    needs,
    params: z.toJSONSchema(params, { io: 'input' }) as Record<string, unknown>,
  }));
