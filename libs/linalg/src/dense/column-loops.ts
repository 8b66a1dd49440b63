/*
 * Matrix times vector, both ways, on columns in memory. Four columns at a time share the loads and stores of the vector.
 */

/** out[oo + c] = xᵀ_c v for `count` columns of `n` entries: the first at xo, the others `stride` apart. */
export function dotColumns(
  x: Float64Array,
  xo: number,
  stride: number,
  count: number,
  v: Float64Array,
  vo: number,
  n: number,
  out: Float64Array,
  oo: number,
): void {
  let c = 0;
  for (; c + 4 <= count; c += 4) {
    const x0 = xo + c * stride;
    const x1 = x0 + stride;
    const x2 = x1 + stride;
    const x3 = x2 + stride;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let i = 0; i < n; i++) {
      const w = v[vo + i]!;
      s0 += x[x0 + i]! * w;
      s1 += x[x1 + i]! * w;
      s2 += x[x2 + i]! * w;
      s3 += x[x3 + i]! * w;
    }
    out[oo + c] = s0;
    out[oo + c + 1] = s1;
    out[oo + c + 2] = s2;
    out[oo + c + 3] = s3;
  }
  for (; c < count; c++) {
    const x0 = xo + c * stride;
    let sum = 0;
    for (let i = 0; i < n; i++) sum += x[x0 + i]! * v[vo + i]!;
    out[oo + c] = sum;
  }
}

/** y += Σ_c w[wo + c] x_c for `count` columns of `n` entries: the first at xo, the others `stride` apart. */
export function addColumns(
  x: Float64Array,
  xo: number,
  stride: number,
  count: number,
  w: Float64Array,
  wo: number,
  n: number,
  y: Float64Array,
  yo: number,
): void {
  let c = 0;
  for (; c + 4 <= count; c += 4) {
    const x0 = xo + c * stride;
    const x1 = x0 + stride;
    const x2 = x1 + stride;
    const x3 = x2 + stride;
    const w0 = w[wo + c]!;
    const w1 = w[wo + c + 1]!;
    const w2 = w[wo + c + 2]!;
    const w3 = w[wo + c + 3]!;
    for (let i = 0; i < n; i++)
      y[yo + i] = y[yo + i]! + (x[x0 + i]! * w0 + x[x1 + i]! * w1 + (x[x2 + i]! * w2 + x[x3 + i]! * w3));
  }
  for (; c < count; c++) {
    const x0 = xo + c * stride;
    const weight = w[wo + c]!;
    for (let i = 0; i < n; i++) y[yo + i] = y[yo + i]! + x[x0 + i]! * weight;
  }
}
