import { InvalidValueError, UnknownMergeMethodError, UnsupportedMergeSpaceError } from '@medlego/errors';
import { describe, expect, it } from 'vitest';
import { randomMember } from '../tests/support.ts';
import { describeMethods, findMethod, mergeAdapters, mergeMethods } from './index.ts';

const members = [randomMember('a', 1), randomMember('b', 2)];
const merge = (method: string, params?: unknown, space?: string) => mergeAdapters(members, { method, params, space });

describe('the registry', () => {
  it('has unique ids, and every method accepts no parameters at all', () => {
    expect(new Set(mergeMethods.map(({ id }) => id)).size).toBe(mergeMethods.length);
    for (const method of mergeMethods)
      expect(method.configure(undefined).params).toMatchObject({ lambda: 1, balance: 'none' });
  });

  it('names the known methods when asked for another', () => {
    expect(() => merge('med_lego')).toThrow(UnknownMergeMethodError);
    expect(() => merge('med_lego')).toThrow(/Known methods: med-lego, average/);
    expect(() => findMethod('__proto__')).toThrow(UnknownMergeMethodError);
  });

  it('refuses a space that does not exist', () => {
    expect(() => merge('average', {}, 'dense')).toThrow(UnsupportedMergeSpaceError);
  });

  it.each([
    ['threshold', { threshold: 0 }],
    ['threshold', { threshold: 1.5 }],
    ['params.threshold', { threshold: 'high' }],
    ['params.threshold', { threshold: NaN }],
    ['params.mode', { mode: 'energy' }],
    ['maxRank', { maxRank: 0 }],
    ['params.lambda', { lambda: Infinity }],
    ['params.balance', { balance: 'yes' }],
  ])('refuses a wrong %s of med-lego and says what it was', (field, params) => {
    expect(() => merge('med-lego', params)).toThrow(InvalidValueError);
    expect(() => merge('med-lego', params)).toThrow(new RegExp(`^${field}: expected .*got `));
  });

  it('refuses unknown parameters by name, and parameters that are no object', () => {
    expect(() => merge('average', { threshold: 0.5 })).toThrow(/threshold/);
    expect(() => merge('average', 'fast')).toThrow(InvalidValueError);
  });

  it('refuses a wrong recipe before it looks at the members', () => {
    expect(() => mergeAdapters([], { method: 'none' })).toThrow(UnknownMergeMethodError);
    expect(() => mergeAdapters([], { method: 'med-lego', params: { threshold: 2 } })).toThrow(/threshold/);
  });

  it('describes every method as plain data with defaults', () => {
    const descriptions = describeMethods();
    expect(JSON.parse(JSON.stringify(descriptions))).toEqual(descriptions);
    const medLego = descriptions.find(({ id }) => id === 'med-lego')!;
    expect(medLego.spaces).toEqual(['core', 'full']);
    expect(medLego.params).toMatchObject({
      additionalProperties: false,
      properties: { threshold: { type: 'number', default: 0.9 }, mode: { default: 'share_of_sigma' } },
    });
    for (const { params } of descriptions)
      for (const property of Object.values(params['properties'] as Record<string, { description?: string }>))
        expect(property.description).toBeTruthy();
  });
});
