import { InvalidValueError, NonFiniteError, ShapeMismatchError } from '@medlego/errors';
import { describe, expect, it } from 'vitest';
import { randomUpdate } from '../tests/support.ts';
import { assertLowRankUpdate } from './low-rank-update.ts';

const good = randomUpdate(5, 7, 2, 1);

describe('assertLowRankUpdate', () => {
  it('accepts float64 and float32 factors', () => {
    expect(() => assertLowRankUpdate('task.q', good)).not.toThrow();
    const single = { ...good, b: new Float32Array(good.b), e: new Float32Array(good.e), a: new Float32Array(good.a) };
    expect(() => assertLowRankUpdate('task.q', single)).not.toThrow();
  });

  it('refuses rank 0 and names the field', () => {
    const error = catchError(() => assertLowRankUpdate('task.q', { ...good, rank: 0 }));
    expect(error).toBeInstanceOf(InvalidValueError);
    expect((error as InvalidValueError).facts).toMatchObject({ field: 'task.q.rank', actual: 0 });
  });

  it.each(['b', 'e', 'a'] as const)('refuses a factor %s of another length', (name) => {
    const error = catchError(() => assertLowRankUpdate('task.q', { ...good, [name]: new Float64Array(3) }));
    expect(error).toBeInstanceOf(ShapeMismatchError);
    expect((error as ShapeMismatchError).facts.param).toBe(`task.q.${name}`);
  });

  it.each([NaN, Infinity, -Infinity])('finds %s wherever it stands and says where', (value) => {
    for (const index of [0, 6, 9]) {
      const b = new Float32Array(good.b);
      b[index] = value;
      const error = catchError(() => assertLowRankUpdate('task.q', { ...good, b }));
      expect(error).toBeInstanceOf(NonFiniteError);
      expect((error as NonFiniteError).facts).toEqual({ param: 'task.q.b', index, value: String(value) });
    }
  });

  it('refuses a scaling that is not finite and factors that are no float arrays', () => {
    expect(() => assertLowRankUpdate('task.q', { ...good, scaling: NaN })).toThrow(InvalidValueError);
    expect(() => assertLowRankUpdate('task.q', { ...good, e: [1, 2] as never })).toThrow(/Float32Array/);
  });
});

function catchError(fn: () => void): unknown {
  try {
    fn();
  } catch (error) {
    return error;
  }
  return undefined;
}
