import { firstColumns, matrix, multiply, numericalRank, transpose, type Matrix, type Svd } from '@medlego/linalg';

/** Singular triplets of several updates side by side: columns of u and v belong together. */
export interface Triplets {
  /** [m, k] */
  readonly u: Matrix;
  /** [k] */
  readonly s: Float64Array;
  /** [n, k] */
  readonly v: Matrix;
}

/** The first `count` triplets of a decomposition, at most its numerical rank; memory is shared. */
export function leadingTriplets({ u, s, v }: Svd, count: number): Triplets {
  const k = Math.min(count, numericalRank(s));
  return { u: firstColumns(u, k), s: s.subarray(0, k), v: firstColumns(v, k) };
}

/** All triplets side by side, copied. @param parts at least one, all over the same m and n */
export function joinTriplets(parts: readonly Triplets[]): Triplets {
  return {
    u: sideBySide(parts.map(({ u }) => u)),
    s: Float64Array.from(parts.flatMap(({ s }) => Array.from(s))),
    v: sideBySide(parts.map(({ v }) => v)),
  };
}

/** [x_1 … x_N], copied. @param blocks at least one, all with the same number of rows */
export function sideBySide(blocks: readonly Matrix[]): Matrix {
  const { rows } = blocks[0]!;
  const result = matrix(
    rows,
    blocks.reduce((sum, { cols }) => sum + cols, 0),
  );
  let at = 0;
  for (const { data } of blocks) {
    result.data.set(data, at);
    at += data.length;
  }
  return result;
}

/** u diag(s) vᵀ [m, n], new. */
export function tripletSum({ u, s, v }: Triplets): Matrix {
  const scaled = matrix(u.rows, u.cols, u.data.slice());
  for (let j = 0; j < u.cols; j++)
    for (let i = j * u.rows; i < (j + 1) * u.rows; i++) scaled.data[i] = scaled.data[i]! * s[j]!;
  return multiply(scaled, transpose(v));
}
