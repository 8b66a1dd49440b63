import { expect } from 'vitest';
import type { HostTensor } from '@medlego/tensors';

export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

/** |actual - expected| ≤ atol + rtol |expected| in every element; NaN and infinities must agree; shapes and dtypes too. */
export function expectClose(
  actual: HostTensor,
  expected: HostTensor,
  { rtol, atol }: Tolerance,
  what = 'tensor',
): void {
  expect({ dtype: actual.dtype, shape: [...actual.shape] }, what).toEqual({
    dtype: expected.dtype,
    shape: [...expected.shape],
  });
  let worst = { excess: 0, index: -1 };
  for (let index = 0; index < expected.data.length; index++) {
    const a = Number(actual.data[index]);
    const e = Number(expected.data[index]);
    if (Object.is(a, e) || a === e) continue;
    const excess = Math.abs(a - e) - (atol + rtol * Math.abs(e));
    if (!(excess <= 0) && !(excess <= worst.excess)) worst = { excess, index };
  }
  const at = worst.index;
  expect(at, at < 0 ? what : `${what}[${at}]: got ${actual.data[at]}, expected ${expected.data[at]}`).toBe(-1);
}
