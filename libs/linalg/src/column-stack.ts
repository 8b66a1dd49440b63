import { crossProduct, product } from './kernels.ts';
import { type FloatArray, type LowRankUpdate } from './low-rank-update.ts';
import { matrix, type Matrix } from './matrix.ts';
import { multiplyStrided, type PanelSource } from './panels/multiply.ts';
import { stackLeft, stackRight } from './update-products.ts';

/** Columns side by side, [rows, cols], wherever they lie in memory. */
export interface ColumnStack {
  readonly rows: number;
  readonly cols: number;
  /** xᵀ x [cols, cols], new; only its upper triangle is filled. */
  gram(): Matrix;
  /** x w for w [cols, k], written over the first rows · k entries of `into`. */
  multiply(w: Matrix, into: Float64Array): void;
  /** A matrix of the columns: a copy unless they lie in one already. */
  toMatrix(): Matrix;
}

export const matrixStack = (x: Matrix): ColumnStack => ({
  rows: x.rows,
  cols: x.cols,
  gram() {
    const gram = matrix(x.cols, x.cols);
    crossProduct(x.data, x.cols, x.data, x.cols, x.rows, gram.data, true);
    return gram;
  },
  multiply: (w, into) => product(x.data, x.rows, x.cols, w.data, w.cols, into),
  toMatrix: () => x,
});

/**
 * The B (`left`) or Aᵀ (`right`) of several updates side by side, as `stackLeft` and `stackRight` would put them, but read from
 * the factors where they are: a merge of many modules then holds no float64 copy of them.
 *
 * @param updates at least one, all of one shape; borrowed
 */
export function factorStack(updates: readonly LowRankUpdate[], side: 'left' | 'right'): ColumnStack {
  const rows = side === 'left' ? updates[0]!.out : updates[0]!.in;
  const columns = updates.flatMap(({ rank, b, a }) =>
    Array.from({ length: rank }, (_, l): Column =>
      side === 'left' ? { data: b, at: l, step: rank } : { data: a, at: l * rows, step: 1 },
    ),
  );
  const cols = columns.length;
  return {
    rows,
    cols,
    gram() {
      const gram = matrix(cols, cols);
      const source = { pack: packColumns(columns) };
      multiplyStrided(
        { m: cols, n: cols, k: rows },
        source,
        source,
        { data: gram.data, at: 0, col: cols },
        { upper: true },
      );
      return gram;
    },
    multiply(w, into) {
      multiplyStrided(
        { m: rows, n: w.cols, k: cols },
        { pack: packRows(columns) },
        { data: w.data, at: 0, row: 1, col: cols },
        { data: into, at: 0, col: rows },
      );
    },
    toMatrix: () => (side === 'left' ? stackLeft(updates) : stackRight(updates)),
  };
}

/** Entry i at `data[at + i · step]`. */
interface Column {
  readonly data: FloatArray;
  readonly at: number;
  readonly step: number;
}

/** The vectors of the operand are the columns. */
const packColumns =
  (columns: readonly Column[]): PanelSource['pack'] =>
  (to, at, first, count, term, terms) => {
    const panels = Math.ceil(count / 4);
    if (count % 4 !== 0) to.fill(0, at + (panels - 1) * 4 * terms, at + panels * 4 * terms);
    for (let v = 0; v < count; v++) {
      const { data, at: origin, step } = columns[first + v]!;
      copyEntries(data, origin + term * step, step, to, at + (v >> 2) * 4 * terms + (v & 3), terms);
    }
  };

function copyEntries(from: FloatArray, f: number, step: number, to: Float64Array, t: number, count: number): void {
  for (let i = 0, p = t, q = f; i < count; i++, p += 4, q += step) to[p] = from[q]!;
}

/** The vectors of the operand are the rows, its terms the columns. */
const packRows =
  (columns: readonly Column[]): PanelSource['pack'] =>
  (to, at, first, count, term, terms) => {
    if (count % 4 !== 0) to.fill(0, at + (count >> 2) * 4 * terms, at + ((count >> 2) + 1) * 4 * terms);
    for (let c = 0; c < terms; c++) {
      const { data, at: origin, step } = columns[term + c]!;
      copyRows(data, origin + first * step, step, to, at + 4 * c, 4 * terms, count);
    }
  };

function copyRows(
  from: FloatArray,
  f: number,
  step: number,
  to: Float64Array,
  t: number,
  panel: number,
  count: number,
): void {
  const whole = count >> 2;
  let q = f;
  let p = t;
  for (let i = 0; i < whole; i++, p += panel) {
    to[p] = from[q]!;
    to[p + 1] = from[q + step]!;
    to[p + 2] = from[q + 2 * step]!;
    to[p + 3] = from[q + 3 * step]!;
    q += 4 * step;
  }
  for (let i = 4 * whole; i < count; i++, q += step) to[p + (i & 3)] = from[q]!;
}
