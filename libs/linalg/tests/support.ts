import fc from 'fast-check';
import {
  frobeniusNorm,
  identity,
  matrix,
  multiply,
  multiplyTransposed,
  transpose,
  weightedSum,
} from '../src/matrix.ts';
import { type LowRankUpdate, type Matrix, type Svd } from '../src/index.ts';

/** Every property test runs on the same inputs each time. */
export const seeded = { seed: 20240607, numRuns: 60 };

/** Normal numbers from a seed (mulberry32, Box and Muller). */
export function gaussian(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

export function randomMatrix(rows: number, cols: number, seed: number): Matrix {
  const normal = gaussian(seed);
  return matrix(
    rows,
    cols,
    Float64Array.from({ length: rows * cols }, () => normal()),
  );
}

/** Matrices of every kind that breaks a careless QR or SVD: dependent, zero, badly scaled and plain ones. */
export const anyMatrix = (maxRows = 14, maxCols = 14): fc.Arbitrary<Matrix> =>
  fc
    .record({
      rows: fc.integer({ min: 1, max: maxRows }),
      cols: fc.integer({ min: 1, max: maxCols }),
      rank: fc.integer({ min: 0, max: 14 }),
      seed: fc.nat(),
      decay: fc.constantFrom(1, 0.5, 1e-3),
      exponent: fc.constantFrom(0, 0, 0, -12, 12, -200, 200),
    })
    .map(({ rows, cols, rank, seed, decay, exponent }) => {
      const left = randomMatrix(rows, rank, seed);
      const right = randomMatrix(cols, rank, seed + 1);
      left.data.forEach((value, i) => (left.data[i] = value * decay ** Math.floor(i / rows) * 10 ** exponent));
      return multiply(left, transpose(right));
    });

export function anyUpdate(out: number, columns: number): fc.Arbitrary<LowRankUpdate> {
  return fc
    .record({ rank: fc.integer({ min: 1, max: 6 }), seed: fc.nat(), scaling: fc.constantFrom(1, 0.5, -2, 4) })
    .map(({ rank, seed, scaling }) => randomUpdate(out, columns, rank, seed, scaling));
}

export function randomUpdate(out: number, columns: number, rank: number, seed: number, scaling = 1): LowRankUpdate {
  const normal = gaussian(seed);
  const factor = (length: number) => Float64Array.from({ length }, () => normal());
  return { out, in: columns, rank, b: factor(out * rank), e: factor(rank), a: factor(rank * columns), scaling };
}

/** ‖x − y‖ relative to ‖y‖ (to 1 for a zero y). */
export function relativeDistance(x: Matrix, y: Matrix): number {
  return frobeniusNorm(weightedSum([x, y], [1, -1]).data) / (frobeniusNorm(y.data) || 1);
}

/** ‖QᵀQ − I‖ */
export const orthonormality = (q: Matrix): number =>
  q.cols === 0 ? 0 : frobeniusNorm(weightedSum([multiplyTransposed(q, q), identity(q.cols)], [1, -1]).data);

/** U diag(s) Vᵀ */
export function compose({ u, s, v }: Svd): Matrix {
  const scaled = matrix(u.rows, u.cols);
  for (let j = 0; j < u.cols; j++)
    for (let i = 0; i < u.rows; i++) scaled.data[j * u.rows + i] = u.data[j * u.rows + i]! * s[j]!;
  return multiply(scaled, transpose(v));
}
