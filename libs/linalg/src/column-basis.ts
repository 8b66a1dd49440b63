import { invertUpper, tryCholesky } from './cholesky.ts';
import { applyQ, factorHouseholder, upperFactor } from './householder.ts';
import { matrixStack, type ColumnStack } from './column-stack.ts';
import { frobeniusNorm, matrix, multiply, type Matrix } from './matrix.ts';

/** An orthonormal basis Q of the space that the columns of a matrix x [m, n] span, with x = Q · coordinates. */
export interface ColumnBasis {
  /** m: number of entries of a vector of the space. */
  readonly dimension: number;
  /** Dimension p of the space; coordinates of a vector in it have p entries. */
  readonly size: number;
  /** Qᵀ x [p, n]. */
  readonly coordinates: Matrix;
  /** Q y [m, k] for coordinates y [p, k]: a new matrix, or one over the first m · k entries of `into`. */
  lift(y: Matrix, into?: Float64Array): Matrix;
}

/** Above this condition number (of the columns scaled to length 1) the Gram route would cost more than 4 of 16 digits. */
const largestCondition = 100;

/**
 * Picks the cheapest route that is exact to rounding, by the input alone:
 * - n ≥ m: the whole space, Q = I and the coordinates are x itself (the dense case);
 * - independent columns: Cholesky of the Gram matrix, Q = x R⁻¹ never formed; its error grows with the square of the
 *   condition number, hence the limit;
 * - all others (duplicates, zero columns, nearly shared spaces): pivoted Householder QR, cut at the numerical rank.
 *
 * @param x borrowed for as long as the basis lives
 */
export function columnBasis(x: Matrix | ColumnStack): ColumnBasis {
  const stack = 'data' in x ? matrixStack(x) : x;
  if (stack.cols >= stack.rows) return wholeSpace(stack);
  return gramBasis(stack) ?? householderBasis(stack.toMatrix());
}

export function wholeSpace(x: Matrix | ColumnStack): ColumnBasis {
  const coordinates = 'data' in x ? x : x.toMatrix();
  return {
    dimension: x.rows,
    size: x.rows,
    coordinates,
    lift(y, into) {
      const result = target(y.rows, y.cols, into);
      result.data.set(y.data);
      return result;
    },
  };
}

/**
 * Its size is the numerical rank: directions that rounding alone tells apart would be coordinates of noise, which a method that
 * counts or compares entries takes for content. Equal columns have equal coordinates, bit by bit. Columns are brought to about
 * one length first, by exact powers of two, so that a short one is no noise beside a long one.
 */
export function householderBasis(x: Matrix): ColumnBasis {
  const { rows: m, cols: n } = x;
  const scales = Float64Array.from({ length: n }, (_, j) => lengthScale(column(x, j)));
  const even = matrix(
    m,
    n,
    x.data.map((value, i) => value * scales[Math.floor(i / m)]!),
  );
  const { distinct, places } = distinctColumns(even);
  const factors = factorHouseholder(distinct, true);
  const { rank, pivots } = factors;
  const upper = upperFactor(factors);
  const at = pivots.map((_, place) => pivots.indexOf(place) * rank);
  const coordinates = matrix(rank, n);
  for (let j = 0; j < n; j++)
    for (let i = 0; i < rank; i++) coordinates.data[j * rank + i] = upper.data[at[places[j]!]! + i]! / scales[j]!;
  return {
    dimension: m,
    size: rank,
    coordinates,
    lift: (y, into) => applyQ(factors, y, target(m, y.cols, into)),
  };
}

const column = ({ rows, data }: Matrix, j: number): Float64Array => data.subarray(j * rows, (j + 1) * rows);

/** The columns of x that equal none before them, and for every column its place among these. */
function distinctColumns(x: Matrix): { distinct: Matrix; places: readonly number[] } {
  const kept: Float64Array[] = [];
  const places = Array.from({ length: x.cols }, (_, j) => {
    const own = column(x, j);
    const place = kept.findIndex((other) => other.every((value, i) => value === own[i]));
    return place < 0 ? kept.push(own) - 1 : place;
  });
  const distinct = matrix(x.rows, kept.length);
  kept.forEach((data, j) => distinct.data.set(data, j * x.rows));
  return { distinct, places };
}

/** The power of two that brings a column's length between 0.7 and 1.5; 1 for a zero column. */
function lengthScale(column: Float64Array): number {
  const length = frobeniusNorm(column);
  return length === 0 ? 1 : 2 ** Math.min(1023, -Math.round(Math.log2(length)));
}

const target = (rows: number, cols: number, into?: Float64Array): Matrix =>
  matrix(rows, cols, into?.subarray(0, rows * cols));

/** Undefined when the columns are too close to dependent. */
export function gramBasis(x: Matrix | ColumnStack): ColumnBasis | undefined {
  const stack = 'data' in x ? matrixStack(x) : x;
  const n = stack.cols;
  const gram = stack.gram();
  const lengths = Float64Array.from({ length: n }, (_, j) => Math.sqrt(gram.data[j * n + j]!));
  // Squares outside this range lose digits to under- or overflow.
  if (lengths.some((length) => !(length > 1e-100 && length < 1e100))) return undefined;
  for (let j = 0; j < n; j++)
    for (let i = 0; i <= j; i++) gram.data[j * n + i] = gram.data[j * n + i]! / (lengths[i]! * lengths[j]!);
  const factor = tryCholesky(gram);
  if (typeof factor === 'number') return undefined;
  const inverse = invertUpper(factor);
  if (frobeniusNorm(factor.data) * frobeniusNorm(inverse.data) > largestCondition * n) return undefined;
  // Back to the unscaled columns: x = (x D⁻¹ R⁻¹) (R D).
  for (let j = 0; j < n; j++)
    for (let i = 0; i <= j; i++) {
      factor.data[j * n + i] = factor.data[j * n + i]! * lengths[j]!;
      inverse.data[j * n + i] = inverse.data[j * n + i]! / lengths[i]!;
    }
  return {
    dimension: x.rows,
    size: n,
    coordinates: factor,
    lift(y, into) {
      const result = target(stack.rows, y.cols, into);
      stack.multiply(multiply(inverse, y), result.data);
      return result;
    },
  };
}
