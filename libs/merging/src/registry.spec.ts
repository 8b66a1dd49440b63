import { readFileSync } from 'node:fs';
import { InvalidValueError, UnknownMergeMethodError, UnsupportedMergeSpaceError } from '@medlego/errors';
import { describe, expect, it } from 'vitest';
import { randomMember } from '../tests/support.ts';
import { describeMethods, findMethod, mergeAdapters, mergeMethods } from './index.ts';

interface Property {
  readonly description?: string;
  readonly default?: unknown;
}

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
    for (const { title, source, params } of descriptions) {
      expect(title).toBeTruthy();
      expect(source).toBeTruthy();
      for (const [name, property] of Object.entries(params['properties'] as Record<string, Property>)) {
        expect(property.description).toBeTruthy();
        // What has no default value says in words what its absence means.
        if (property.default === undefined) expect(property.description, name).toMatch(/default/i);
      }
    }
  });

  it('is listed in the README, every method in a row with its spaces', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const rows = readme.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
    for (const { id, spaces } of mergeMethods) {
      const row = rows.find(([, methods]) => methods?.split(' ').includes(`\`${id}\``));
      expect(row?.[2], id).toBe(spaces.map((space) => `\`${space}\``).join(', '));
    }
  });
});
