import { matrix } from '@medlego/linalg';
import { describe, expect, it } from 'vitest';
import { stockRatio } from './model-stock.ts';

const row = (...entries: number[]) => matrix(1, entries.length, Float64Array.from(entries));
const ratio = (...deltas: ReturnType<typeof row>[]) =>
  stockRatio(
    deltas,
    deltas.map(() => 1),
  );

describe('model_stock', () => {
  it('shrinks by the angle: N cos θ / (1 + (N − 1) cos θ)', () => {
    expect(ratio(row(1, 0), row(1, 1))).toBeCloseTo((2 * Math.SQRT1_2) / (1 + Math.SQRT1_2), 12);
    const cosine = 1 / 2; // pairwise, of three
    expect(ratio(row(1, 1, 0), row(0, 1, 1), row(1, 0, 1))).toBeCloseTo((3 * cosine) / (1 + 2 * cosine), 12);
  });

  it('is 1 for equal members of any length and for a single one, 0 for orthogonal and for opposite ones', () => {
    expect(ratio(row(1, 2), row(3, 6))).toBeCloseTo(1, 12);
    expect(ratio(row(1, 2))).toBe(1);
    expect(ratio(row(1, 0), row(0, 1))).toBe(0);
    expect(ratio(row(1, 2), row(-1, -2))).toBe(0);
  });

  it('leaves zero updates and zero weights out, and turns members of negative weight round', () => {
    expect(ratio(row(1, 0), row(1, 1), row(0, 0))).toBeCloseTo(ratio(row(1, 0), row(1, 1)), 12);
    expect(stockRatio([row(1, 0), row(1, 1), row(0, 1)], [1, 1, 0])).toBeCloseTo(ratio(row(1, 0), row(1, 1)), 12);
    expect(stockRatio([row(1, 0), row(-1, -1)], [1, -1])).toBeCloseTo(ratio(row(1, 0), row(1, 1)), 12);
  });
});
