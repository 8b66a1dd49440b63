import { blockSize, panelModule, type PanelModule } from './panel-module.ts';

/** An operand anywhere in memory: entry (i, t) at `data[at + i · row + t · col]`. */
export interface Strided {
  readonly data: Float64Array;
  readonly at: number;
  readonly row: number;
  readonly col: number;
}

/** An operand that lies in some other way and puts itself into panels. */
export interface PanelSource {
  /**
   * Writes entries `term` … `term + terms` of the vectors `first` … `first + count` (rows of a left operand, columns of a right
   * one) to `to` from `at` on: for each panel of four vectors, for each entry, the four side by side, zeros for vectors that
   * are missing from the last panel.
   */
  pack(to: Float64Array, at: number, first: number, count: number, term: number, terms: number): void;
}

export type Operand = Strided | PanelSource;

export interface MultiplySize {
  readonly m: number;
  readonly n: number;
  /** Length of the sums. */
  readonly k: number;
}

export interface MultiplyOptions {
  /** What the product does to c. Default: `set`. */
  readonly into?: 'set' | 'add' | 'subtract';
  /** Leave tiles that lie wholly below the diagonal of c as they are. */
  readonly upper?: boolean;
}

const start = { b: blockSize * blockSize, c: 2 * blockSize * blockSize };

/**
 * c = a b, c += a b or c −= a b for a [m, k], b [k, n] and c [m, n] (rows of c side by side in memory), block by block through
 * the panel module: several times faster than plain loops from about 16³ on. Sums run in a fixed order, so the bits do not depend on the machine.
 * Neither operand may overlap c.
 */
export function multiplyStrided(
  { m, n, k }: MultiplySize,
  a: Operand,
  b: Operand,
  c: Omit<Strided, 'row'>,
  { into = 'set', upper = false }: MultiplyOptions = {},
): void {
  const module = panelModule();
  const { memory } = module;
  for (let j = 0; j < n; j += blockSize) {
    const cols = Math.min(blockSize, n - j);
    for (let i = 0; i < m; i += blockSize) {
      const rows = Math.min(blockSize, m - i);
      if (upper && i >= j + cols) break;
      const height = 4 * Math.ceil(rows / 4);
      memory.fill(0, start.c, start.c + height * 4 * Math.ceil(cols / 4));
      for (let t = 0; t < k; t += blockSize) {
        const terms = Math.min(blockSize, k - t);
        if ('pack' in a) a.pack(memory, 0, i, rows, t, terms);
        else pack(memory, 0, a.data, a.at + i * a.row + t * a.col, a.row, a.col, rows, terms);
        if ('pack' in b) b.pack(memory, start.b, j, cols, t, terms);
        else pack(memory, start.b, b.data, b.at + j * b.col + t * b.row, b.col, b.row, cols, terms);
        multiplyBlock(module, terms, rows, cols, upper ? 1 + (j - i) / 4 : Infinity);
      }
      unpack(memory, height, c.data, c.at + i + j * c.col, c.col, rows, cols, into, upper ? 4 + j - i : Infinity);
    }
  }
}

function multiplyBlock(module: PanelModule, terms: number, rows: number, cols: number, first: number): void {
  const rowPanels = Math.ceil(rows / 4);
  module.multiply(terms, rowPanels, Math.ceil(cols / 4), Math.min(first, rowPanels));
}

/** Copies `count` vectors, `stride` apart and with entries `step` apart, into panels of four; the last is filled up with zeros. */
function pack(
  to: Float64Array,
  at: number,
  from: Float64Array,
  origin: number,
  stride: number,
  step: number,
  count: number,
  terms: number,
): void {
  let p = at;
  let v = 0;
  for (; v + 4 <= count; v += 4) {
    let f0 = origin + v * stride;
    let f1 = f0 + stride;
    let f2 = f1 + stride;
    let f3 = f2 + stride;
    for (let t = 0; t < terms; t++) {
      to[p] = from[f0]!;
      to[p + 1] = from[f1]!;
      to[p + 2] = from[f2]!;
      to[p + 3] = from[f3]!;
      f0 += step;
      f1 += step;
      f2 += step;
      f3 += step;
      p += 4;
    }
  }
  if (v === count) return;
  for (let t = 0; t < terms; t++, p += 4)
    for (let l = 0; l < 4; l++) to[p + l] = v + l < count ? from[origin + (v + l) * stride + t * step]! : 0;
}

/** Writes the block to c; of column j only the rows that were computed: 4-row tiles up to the one with row `limit + j`. */
function unpack(
  from: Float64Array,
  height: number,
  to: Float64Array,
  at: number,
  col: number,
  rows: number,
  cols: number,
  into: 'set' | 'add' | 'subtract',
  limit: number,
): void {
  for (let j = 0; j < cols; j++) {
    const f = start.c + j * height;
    const t = at + j * col;
    const count = Math.max(0, Math.min(rows, limit + j - (j % 4)));
    if (into === 'set') for (let i = 0; i < count; i++) to[t + i] = from[f + i]!;
    else if (into === 'add') for (let i = 0; i < count; i++) to[t + i] = to[t + i]! + from[f + i]!;
    else for (let i = 0; i < count; i++) to[t + i] = to[t + i]! - from[f + i]!;
  }
}
