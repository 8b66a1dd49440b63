import { describe, expect, it } from 'vitest';
import { joinLicences } from './licence.ts';

describe('joinLicences', () => {
  it('lists every licence once, sorted, joined by AND', () => {
    const joined = joinLicences([
      { name: 'b', licence: 'CC-BY-4.0' },
      { name: 'a', licence: 'Apache-2.0' },
      { name: 'c', licence: 'CC-BY-4.0' },
    ]);
    expect(joined).toEqual({
      expression: 'Apache-2.0 AND CC-BY-4.0',
      licences: ['Apache-2.0', 'CC-BY-4.0'],
      nonCommercial: false,
      nonCommercialMembers: [],
    });
  });

  it('is bound by one non-commercial member, by its mark or by the NC of its licence', () => {
    const joined = joinLicences([
      { name: 'derma', licence: 'CC-BY-NC-4.0' },
      { name: 'own', licence: 'LicenseRef-hospital', nonCommercial: true },
      { name: 'blood', licence: 'CC-BY-4.0', nonCommercial: false },
    ]);
    expect(joined.nonCommercial).toBe(true);
    expect(joined.nonCommercialMembers).toEqual(['derma', 'own']);
  });

  it('does not take every NC for non-commercial', () => {
    expect(joinLicences([{ name: 'a', licence: 'NCSA' }]).nonCommercial).toBe(false);
    expect(joinLicences([{ name: 'a', licence: 'CC BY-NC 4.0' }]).nonCommercial).toBe(true);
  });

  it('says unknown for a member that names none, and brackets compound licences', () => {
    expect(joinLicences([{ name: 'a' }]).licences).toEqual(['unknown']);
    expect(
      joinLicences([
        { name: 'a', licence: 'MIT OR Apache-2.0' },
        { name: 'b', licence: 'ISC' },
      ]).expression,
    ).toBe('ISC AND (MIT OR Apache-2.0)');
  });
});
