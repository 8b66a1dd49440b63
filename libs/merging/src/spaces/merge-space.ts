import {
  columns,
  factorStack,
  matrix,
  multiply,
  transpose,
  type ColumnBasis,
  type ColumnStack,
  type FloatArray,
  type LowRankUpdate,
  type Matrix,
} from '@medlego/linalg';

export const spaceIds = ['core', 'full'] as const;
export type SpaceId = (typeof spaceIds)[number];

/** Where methods work: a choice of basis for the columns and for the rows of the stacked updates. */
export interface MergeSpace {
  readonly id: SpaceId;
  readonly title: string;
  readonly source: string;
  /** Basis for the columns of stacked factors: [out, Σr] on the left, [in, Σr] on the right. */
  readonly basis: (stack: ColumnStack) => ColumnBasis;
}

/** One update in a space's coordinates: delta = left · rightᵀ, E and scaling within left. */
export interface SpaceFactors {
  /** [left.size, rank] */
  readonly left: Matrix;
  /** [right.size, rank] */
  readonly right: Matrix;
}

/** One update's factors apart, in a space's coordinates: ΔW = scaling · b diag(e) aᵀ. */
export interface UpdateFactors {
  /** [left.size, rank] */
  readonly b: Matrix;
  readonly e: FloatArray;
  /** [right.size, rank]: the rows of A as columns. */
  readonly a: Matrix;
  readonly scaling: number;
}

/** All members' updates of one module, expressed in a space's bases: ΔW_i = Q_left · delta_i · Q_rightᵀ. */
export interface ModuleSpace {
  readonly left: ColumnBasis;
  readonly right: ColumnBasis;
  /** One per member; undefined where it does not touch the module. */
  readonly factors: readonly (SpaceFactors | undefined)[];
  /** The same with B, E and the scaling apart, for methods that act on factors. */
  readonly parts: readonly (UpdateFactors | undefined)[];
}

/**
 * Expresses one module's updates in a space.
 * @param updates one per member, undefined (= zero) where it does not touch the module; at least one is defined
 */
export function openModule(space: MergeSpace, updates: readonly (LowRankUpdate | undefined)[]): ModuleSpace {
  const present = updates.filter((update) => update !== undefined);
  const left = space.basis(factorStack(present, 'left'));
  const right = space.basis(factorStack(present, 'right'));
  let start = 0;
  const parts = updates.map((update): UpdateFactors | undefined => {
    if (update === undefined) return undefined;
    const end = start + update.rank;
    const { e, scaling } = update;
    const slice = { b: columns(left.coordinates, start, end), e, a: columns(right.coordinates, start, end), scaling };
    start = end;
    return slice;
  });
  const factors = parts.map((part) => part && { left: scaleColumns(part.b, part), right: part.a });
  return { left, right, factors, parts };
}

/** The updates as matrices [left.size, right.size], one per member, new; zero where a member does not touch the module. */
export const moduleDeltas = ({ left, right, factors }: ModuleSpace): Matrix[] =>
  factors.map((factor) => (factor ? multiply(factor.left, transpose(factor.right)) : matrix(left.size, right.size)));

/** x · scaling · diag(e), new: B with all that is not B. */
export function scaleColumns(x: Matrix, { e, scaling }: UpdateFactors): Matrix {
  const result = matrix(x.rows, x.cols);
  for (let j = 0; j < x.cols; j++)
    for (let i = 0; i < x.rows; i++) result.data[j * x.rows + i] = x.data[j * x.rows + i]! * (scaling * e[j]!);
  return result;
}
