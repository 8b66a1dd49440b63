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
 * - all others (duplicates, zero columns, nearly shared spaces): Householder QR.
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

export function householderBasis(x: Matrix): ColumnBasis {
  const factors = factorHouseholder(x);
  return {
    dimension: x.rows,
    size: factors.rank,
    coordinates: upperFactor(factors),
    lift: (y, into) => applyQ(factors, y, target(x.rows, y.cols, into)),
  };
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
