import type { Graph } from '../ir/graph.ts';
import { absorbAddends } from './addends.ts';
import { joinCommonSubexpressions } from './common-subexpressions.ts';
import { removeDeadCode } from './dead-code.ts';
import { foldConstants } from './fold-constants.ts';
import { fuseGelu } from './gelu.ts';
import { fuseNormalization } from './layer-norm.ts';
import type { RewriteOptions } from './options.ts';
import { absorbScales } from './scales.ts';
import { useSevenProducts } from './seven-products.ts';
import { simplify } from './simplify.ts';
import { splitProducts } from './split-products.ts';
import { absorbTransposes } from './transposed-operands.ts';

export type { RewriteOptions } from './options.ts';

type Rewrite = (graph: Graph, options: RewriteOptions) => void;

/** In order; each leaves a graph that computes the same. */
export const rewrites: readonly Rewrite[] = [
  removeDeadCode,
  fuseNormalization,
  fuseGelu,
  // Before chains of transposes are joined, while those of a product's operands still stand alone.
  absorbTransposes,
  simplify,
  joinCommonSubexpressions,
  removeDeadCode,
  splitProducts,
  removeDeadCode,
  absorbScales,
  absorbAddends,
  foldConstants,
  useSevenProducts,
  foldConstants,
  simplify,
  removeDeadCode,
];

/** Makes a traced graph smaller and faster, in place. */
export function rewriteGraph(graph: Graph, options: RewriteOptions = {}): void {
  for (const rewrite of rewrites) rewrite(graph, options);
}
