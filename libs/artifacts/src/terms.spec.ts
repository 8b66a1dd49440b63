import { WrongBackboneError } from '@medlego/errors';
import { describe, expect, it } from 'vitest';
import { assertSameBackbone } from './backbone.ts';
import { joinTerms } from './terms.ts';

describe('joined terms', () => {
  it('hold every licence once, sorted, and are non-commercial if one is', () => {
    const free = { licences: ['MIT', 'CC-BY-4.0'], nonCommercial: false };
    const bound = { licences: ['CC-BY-NC-4.0', 'CC-BY-4.0'], nonCommercial: true };
    expect(joinTerms([free, bound])).toEqual({ licences: ['CC-BY-4.0', 'CC-BY-NC-4.0', 'MIT'], nonCommercial: true });
    expect(joinTerms([free]).nonCommercial).toBe(false);
    expect(joinTerms([])).toEqual({ licences: [], nonCommercial: false });
  });
});

describe('the check for the same backbone', () => {
  const [a, b] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`];

  it('passes for the same digest', () => {
    expect(() => assertSameBackbone(a, a)).not.toThrow();
  });

  it('names both digests and the adapter otherwise', () => {
    expect(() => assertSameBackbone(a, b, 'pneumonia')).toThrow(WrongBackboneError);
    expect(() => assertSameBackbone(a, b, 'pneumonia')).toThrow(
      'pneumonia: expected the backbone sha256:aaaaaaaaaaaa, got sha256:bbbbbbbbbbbb.',
    );
    expect(() => assertSameBackbone(a, null)).toThrow('got none');
  });
});
