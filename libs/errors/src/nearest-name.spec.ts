import { describe, expect, it } from 'vitest';
import { nearestName } from './nearest-name.ts';

describe('nearestName', () => {
  it('finds the name that was meant, and none where nothing is close', () => {
    const known = ['lambda', 'threshold', 'maxRank', 'density'];
    expect(nearestName('treshold', known)).toBe('threshold');
    expect(nearestName('max_rank', known)).toBe('maxRank');
    expect(nearestName('LAMDA', known)).toBe('lambda');
    expect(nearestName('temperature', known)).toBeUndefined();
    expect(nearestName('x', [])).toBeUndefined();
  });
});
