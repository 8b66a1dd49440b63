import { assert } from 'vitest';

export interface Tolerance {
  /** Allowed difference relative to |expected|. Default: 1e-5. */
  readonly rtol?: number;
  /** Allowed absolute difference, for numbers near zero. Default: 1e-8. */
  readonly atol?: number;
}

interface TensorLike {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}

/** Numbers, nested numbers or a tensor. */
export type Numbers = number | bigint | ArrayLike<number | bigint> | readonly Numbers[] | TensorLike;

/**
 * Fails unless |actual − expected| ≤ atol + rtol · |expected| for every number (NumPy's `allclose`). Lengths must agree, and
 * shapes where both sides are tensors; equal infinities are close, and so are two NaN. The failure tells the worst index.
 */
export function expectClose(actual: Numbers, expected: Numbers, { rtol = 1e-5, atol = 1e-8 }: Tolerance = {}): void {
  if (isTensor(actual) && isTensor(expected)) assert.deepEqual([...actual.shape], [...expected.shape], 'shapes differ');
  const a = flatten(actual);
  const b = flatten(expected);
  assert.equal(a.length, b.length, 'numbers of elements differ');

  let worst = { index: -1, excess: 1 };
  let failures = 0;
  for (let index = 0; index < a.length; index++) {
    const excess = excessOf(Number(a[index]), Number(b[index]), rtol, atol);
    if (excess <= 1) continue;
    failures++;
    if (excess > worst.excess) worst = { index, excess };
  }
  if (failures === 0) return;
  const { index } = worst;
  assert.fail(
    `${failures} of ${a.length} numbers differ by more than rtol ${rtol}, atol ${atol}; the worst, at index ${index}: ` +
      `expected ${b[index]}, got ${a[index]} (difference ${Math.abs(Number(a[index]) - Number(b[index]))}).`,
  );
}

/** Difference over what is allowed: above 1 it is too much. */
function excessOf(a: number, b: number, rtol: number, atol: number): number {
  if (Object.is(a, b) || a === b) return 0;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return Infinity;
  const allowed = atol + rtol * Math.abs(b);
  return Math.abs(a - b) / allowed;
}

const isTensor = (value: Numbers): value is TensorLike =>
  typeof value === 'object' && 'shape' in value && 'data' in value;

function flatten(value: Numbers): ArrayLike<number | bigint> {
  if (typeof value === 'number' || typeof value === 'bigint') return [value];
  if (isTensor(value)) return value.data;
  if (Array.isArray(value)) return (value as readonly Numbers[]).flatMap((item) => Array.from(flatten(item)));
  return value as ArrayLike<number | bigint>;
}
