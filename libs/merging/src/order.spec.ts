import { describe, expect, it } from 'vitest';
import { compareCodeUnits, compareNatural } from './order.ts';

describe('compareNatural', () => {
  it('compares runs of digits as numbers and the rest by code units', () => {
    const sorted = ['blocks.2.attn.q', 'blocks.2.attn.v', 'blocks.10.attn.q', 'head', 'head.1'];
    expect(sorted.toReversed().sort(compareNatural)).toEqual(sorted);
  });

  it('is a total order: only equal strings are equal', () => {
    expect(compareNatural('a.01', 'a.1')).not.toBe(0);
    expect(compareNatural('a.1', 'a.1')).toBe(0);
  });
});

describe('compareCodeUnits', () => {
  it('does not depend on a locale', () => {
    expect(['b', 'a', 'B', 'ä'].sort(compareCodeUnits)).toEqual(['B', 'a', 'b', 'ä']);
  });
});
