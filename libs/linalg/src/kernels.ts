import { multiplyStrided } from './panels/multiply.ts';

type Floats = Float32Array | Float64Array;

/*
 * Inner loops of the library. Matrices are column-major, so each loop below runs over contiguous memory.
 * Several independent accumulators hide the latency of the floating-point adder, and tiles of columns reuse each load;
 * nothing in here allocates. Float64Array alone: a loop that also meets Float32Array is compiled for both, and slower.
 */

/** Index of the first NaN or infinity, or -1. */
export function firstNonFinite(data: Floats): number {
  // 0 * x is 0 for a finite x and NaN for every other, so one sum answers for the whole array.
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const n = data.length;
  const even = n - (n % 4);
  for (let i = 0; i < even; i += 4) {
    s0 += 0 * data[i]!;
    s1 += 0 * data[i + 1]!;
    s2 += 0 * data[i + 2]!;
    s3 += 0 * data[i + 3]!;
  }
  for (let i = even; i < n; i++) s0 += 0 * data[i]!;
  if (s0 + s1 + s2 + s3 === 0) return -1;
  for (let i = 0; i < n; i++) if (!Number.isFinite(data[i])) return i;
  return -1;
}

/** Σ x[xo + i] · y[yo + i] for i < n. */
export function dot(x: Float64Array, xo: number, y: Float64Array, yo: number, n: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const even = n - (n % 4);
  for (let i = 0; i < even; i += 4) {
    s0 += x[xo + i]! * y[yo + i]!;
    s1 += x[xo + i + 1]! * y[yo + i + 1]!;
    s2 += x[xo + i + 2]! * y[yo + i + 2]!;
    s3 += x[xo + i + 3]! * y[yo + i + 3]!;
  }
  for (let i = even; i < n; i++) s0 += x[xo + i]! * y[yo + i]!;
  return s0 + s1 + (s2 + s3);
}

/** y[yo + i] += alpha · x[xo + i] for i < n. */
export function axpy(alpha: number, x: Float64Array, xo: number, y: Float64Array, yo: number, n: number): void {
  for (let i = 0; i < n; i++) y[yo + i] = y[yo + i]! + alpha * x[xo + i]!;
}

/** Whether packing an m x n result of sums of k terms is made up for by the faster loop. */
const pays = (m: number, n: number, k: number): boolean => m >= 12 && n >= 12 && m * n * k >= 2 ** 15;

/**
 * c = xᵀ y for column-major x [n, p] and y [n, q]; c [p, q] column-major is overwritten.
 * Tiles of 4 x 2 columns: six loads feed eight products. With `upper`, tiles wholly below the diagonal are left as they are.
 */
export function crossProduct(
  x: Float64Array,
  p: number,
  y: Float64Array,
  q: number,
  n: number,
  c: Float64Array,
  upper = false,
): void {
  if (pays(p, q, n)) {
    const columns = { m: p, n: q, k: n };
    multiplyStrided(
      columns,
      { data: x, at: 0, row: n, col: 1 },
      { data: y, at: 0, row: 1, col: n },
      { data: c, at: 0, col: p },
      { upper },
    );
    return;
  }
  const p4 = p - (p % 4);
  const q2 = q - (q % 2);
  for (let j = 0; j < q2; j += 2) {
    const y0 = j * n;
    const y1 = y0 + n;
    const last = upper ? Math.min(p4, j + 2) : p4;
    for (let i = 0; i < last; i += 4) {
      const x0 = i * n;
      const x1 = x0 + n;
      const x2 = x1 + n;
      const x3 = x2 + n;
      let s00 = 0;
      let s10 = 0;
      let s20 = 0;
      let s30 = 0;
      let s01 = 0;
      let s11 = 0;
      let s21 = 0;
      let s31 = 0;
      for (let t = 0; t < n; t++) {
        const u = y[y0 + t]!;
        const v = y[y1 + t]!;
        const a0 = x[x0 + t]!;
        const a1 = x[x1 + t]!;
        const a2 = x[x2 + t]!;
        const a3 = x[x3 + t]!;
        s00 += a0 * u;
        s10 += a1 * u;
        s20 += a2 * u;
        s30 += a3 * u;
        s01 += a0 * v;
        s11 += a1 * v;
        s21 += a2 * v;
        s31 += a3 * v;
      }
      const c0 = j * p + i;
      const c1 = c0 + p;
      c[c0] = s00;
      c[c0 + 1] = s10;
      c[c0 + 2] = s20;
      c[c0 + 3] = s30;
      c[c1] = s01;
      c[c1 + 1] = s11;
      c[c1 + 2] = s21;
      c[c1 + 3] = s31;
    }
    for (let i = p4; i < p; i++) {
      c[j * p + i] = dot(x, i * n, y, y0, n);
      c[(j + 1) * p + i] = dot(x, i * n, y, y1, n);
    }
  }
  for (let j = q2; j < q; j++) for (let i = 0; i < p; i++) c[j * p + i] = dot(x, i * n, y, j * n, n);
}

/**
 * c = x w for column-major x [m, n] and w [n, k]; c [m, k] column-major is overwritten.
 * Four columns of x go into two columns of c per pass over the rows.
 */
export function product(x: Float64Array, m: number, n: number, w: Float64Array, k: number, c: Float64Array): void {
  if (pays(m, k, n)) {
    multiplyStrided(
      { m, n: k, k: n },
      { data: x, at: 0, row: 1, col: m },
      { data: w, at: 0, row: 1, col: n },
      { data: c, at: 0, col: m },
    );
    return;
  }
  c.fill(0, 0, m * k);
  const n4 = n - (n % 4);
  const k2 = k - (k % 2);
  for (let j = 0; j < k2; j += 2) {
    const c0 = j * m;
    const c1 = c0 + m;
    for (let l = 0; l < n4; l += 4) {
      const w0 = j * n + l;
      const w1 = w0 + n;
      const w00 = w[w0]!;
      const w10 = w[w0 + 1]!;
      const w20 = w[w0 + 2]!;
      const w30 = w[w0 + 3]!;
      const w01 = w[w1]!;
      const w11 = w[w1 + 1]!;
      const w21 = w[w1 + 2]!;
      const w31 = w[w1 + 3]!;
      const x0 = l * m;
      const x1 = x0 + m;
      const x2 = x1 + m;
      const x3 = x2 + m;
      for (let i = 0; i < m; i++) {
        const a0 = x[x0 + i]!;
        const a1 = x[x1 + i]!;
        const a2 = x[x2 + i]!;
        const a3 = x[x3 + i]!;
        c[c0 + i] = c[c0 + i]! + (a0 * w00 + a1 * w10 + (a2 * w20 + a3 * w30));
        c[c1 + i] = c[c1 + i]! + (a0 * w01 + a1 * w11 + (a2 * w21 + a3 * w31));
      }
    }
    for (let l = n4; l < n; l++) {
      axpy(w[j * n + l]!, x, l * m, c, c0, m);
      axpy(w[(j + 1) * n + l]!, x, l * m, c, c1, m);
    }
  }
  for (let j = k2; j < k; j++) for (let l = 0; l < n; l++) axpy(w[j * n + l]!, x, l * m, c, j * m, m);
}

/** Plane rotation of two columns: x ← cos·x − sin·y, y ← sin·x + cos·y. */
export function rotate(data: Float64Array, xo: number, yo: number, n: number, cos: number, sin: number): void {
  const even = n - (n % 2);
  for (let i = 0; i < even; i += 2) {
    const x0 = data[xo + i]!;
    const y0 = data[yo + i]!;
    const x1 = data[xo + i + 1]!;
    const y1 = data[yo + i + 1]!;
    data[xo + i] = cos * x0 - sin * y0;
    data[yo + i] = sin * x0 + cos * y0;
    data[xo + i + 1] = cos * x1 - sin * y1;
    data[yo + i + 1] = sin * x1 + cos * y1;
  }
  if (even === n) return;
  const x = data[xo + even]!;
  const y = data[yo + even]!;
  data[xo + even] = cos * x - sin * y;
  data[yo + even] = sin * x + cos * y;
}

/**
 * y ← (I − β v vᵀ) y for `count` columns of `length` entries, the first at `to`, the others `stride` apart.
 * v stands at `at`, but its first entry is `head`. Four columns at a time share the loads of v.
 */
export function reflect(
  v: Float64Array,
  at: number,
  head: number,
  beta: number,
  y: Float64Array,
  to: number,
  stride: number,
  count: number,
  length: number,
): void {
  let column = 0;
  for (; column + 4 <= count; column += 4) {
    const y0 = to + column * stride;
    const y1 = y0 + stride;
    const y2 = y1 + stride;
    const y3 = y2 + stride;
    let s0 = head * y[y0]!;
    let s1 = head * y[y1]!;
    let s2 = head * y[y2]!;
    let s3 = head * y[y3]!;
    for (let i = 1; i < length; i++) {
      const w = v[at + i]!;
      s0 += w * y[y0 + i]!;
      s1 += w * y[y1 + i]!;
      s2 += w * y[y2 + i]!;
      s3 += w * y[y3 + i]!;
    }
    s0 *= beta;
    s1 *= beta;
    s2 *= beta;
    s3 *= beta;
    y[y0] = y[y0]! - s0 * head;
    y[y1] = y[y1]! - s1 * head;
    y[y2] = y[y2]! - s2 * head;
    y[y3] = y[y3]! - s3 * head;
    for (let i = 1; i < length; i++) {
      const w = v[at + i]!;
      y[y0 + i] = y[y0 + i]! - s0 * w;
      y[y1 + i] = y[y1 + i]! - s1 * w;
      y[y2 + i] = y[y2 + i]! - s2 * w;
      y[y3 + i] = y[y3 + i]! - s3 * w;
    }
  }
  for (; column < count; column++) {
    const y0 = to + column * stride;
    const sum = beta * (head * y[y0]! + dot(v, at + 1, y, y0 + 1, length - 1));
    y[y0] = y[y0]! - sum * head;
    axpy(-sum, v, at + 1, y, y0 + 1, length - 1);
  }
}
