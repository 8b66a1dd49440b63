import { UnknownMergeMethodError, UnsupportedMergeSpaceError } from '@medlego/errors';
import { z } from 'zod';
import { type MergeMethod } from './merge-method.ts';
import { average } from './methods/average.ts';
import { medLego } from './methods/med-lego.ts';
import { emr } from './methods/emr.ts';
import { fisher } from './methods/fisher.ts';
import { isoC } from './methods/iso-c.ts';
import { isoCts } from './methods/iso-cts.ts';
import { knots } from './methods/knots.ts';
import { lines } from './methods/lines.ts';
import { priorRegmean } from './methods/prior-regmean.ts';
import { regmean } from './methods/regmean.ts';
import { strength } from './methods/strength.ts';
import { svc } from './methods/svc.ts';
import { tsvM } from './methods/tsv-m.ts';
import { wudi } from './methods/wudi.ts';
import { breadcrumbs } from './methods/breadcrumbs.ts';
import { dareLinear } from './methods/dare-linear.ts';
import { dareTies } from './methods/dare-ties.ts';
import { della } from './methods/della.ts';
import { linear } from './methods/linear.ts';
import { magmax } from './methods/magmax.ts';
import { magnitudePrune } from './methods/magnitude-prune.ts';
import { modelStock } from './methods/model-stock.ts';
import { pem } from './methods/pem.ts';
import { taskArithmetic } from './methods/task-arithmetic.ts';
import { ties } from './methods/ties.ts';
import { coreSpace } from './spaces/core.ts';
import { fullSpace } from './spaces/full.ts';
import { type MergeSpace, type SpaceId } from './spaces/merge-space.ts';
import { type StatisticsKind } from './statistics.ts';

/** Every merge method, in the order in which they are listed to a user. A new one is a line here and a file. */
export const mergeMethods: readonly MergeMethod[] = [
  medLego,
  average,
  linear,
  pem,
  taskArithmetic,
  ties,
  dareLinear,
  dareTies,
  magmax,
  breadcrumbs,
  della,
  magnitudePrune,
  modelStock,
  knots,
  tsvM,
  isoC,
  isoCts,
  svc,
  lines,
  wudi,
  priorRegmean,
  strength,
  regmean,
  fisher,
  emr,
];

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
