import { describe, expect, it } from 'vitest';
import { magnitude, percent, pValue, shortDigest, signed, three } from './format.ts';

describe('numbers in the report', () => {
  it('are cut to what their sample supports', () => {
    expect(percent(0.83449)).toBe('83.4');
    expect(three(1)).toBe('1.000');
    expect(percent(null)).toBe('–');
  });

  it('carry a true minus sign, and none when they round to zero', () => {
    expect(signed(-0.0123, 1, 100)).toBe('−1.2');
    expect(signed(0.0123, 1, 100)).toBe('+1.2');
    expect(signed(-0.0001, 1, 100)).toBe('0.0');
    expect(signed(undefined, 1, 1)).toBe('–');
  });

  it('keep their magnitude readable', () => {
    expect([magnitude(0.21149), magnitude(0), magnitude(0.00001234)]).toEqual(['0.211', '0.00', '1.2e-5']);
    expect([pValue(0.0004), pValue(0.0321), pValue(null)]).toEqual(['p < 0.001', 'p = 0.032', '']);
  });

  it('shorten digests, and leave what is none', () => {
    expect(shortDigest(`sha256:${'ab'.repeat(32)}`)).toBe('abababababab');
    expect(shortDigest('draft')).toBe('draft');
  });
});
