import { InvalidValueError, UnknownKeyError } from '@medlego/errors';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseParams, scaleParams } from './merge-params.ts';
import { describeField, paramFields } from './param-fields.ts';
import { mergeMethods } from './registry.ts';

const schema = z.strictObject({
  ...scaleParams,
  density: z.number().gt(0).max(1).default(0.2).describe('Share kept'),
  rescale: z.boolean().default(true),
  steps: z.int().min(1).default(3),
  maxRank: z.number().optional(),
  factors: z.array(z.number()).optional(),
});
const thrownBy = (input: unknown): Error => {
  try {
    parseParams(schema, input);
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
};

describe('paramFields', () => {
  it('reads ranges, choices and defaults from the schema', () => {
    const fields = paramFields(schema);
    expect(fields['density']).toMatchObject({ kind: 'number', least: 0, isAboveLeast: true, most: 1, default: 0.2 });
    expect(fields['rescale']).toMatchObject({ kind: 'choice', values: [false, true], default: true });
    expect(fields['balance']).toMatchObject({ kind: 'choice', values: ['none', 'norm'], default: 'none' });
    expect(fields['steps']).toMatchObject({ kind: 'number', isInteger: true, least: 1 });
    expect(fields['steps']).not.toHaveProperty('most');
    expect(fields['maxRank']!.default).toBeUndefined();
    expect(fields['factors']!.kind).toBe('other');
  });

  it('says a range in words', () => {
    const fields = paramFields(schema);
    const words = ['density', 'steps', 'lambda', 'balance', 'factors'].map((name) => describeField(fields[name]!));
    expect(words).toEqual([
      'a number above 0 and at most 1',
      'a whole number at least 1',
      'a number',
      'one of none, norm',
      undefined,
    ]);
  });

  it('knows lambda and balance of every method', () => {
    for (const method of mergeMethods)
      expect(Object.keys(paramFields(method.params)), method.id).toEqual(expect.arrayContaining(['lambda', 'balance']));
  });
});

describe('parameters that are wrong', () => {
  it('are refused with the nearest key that exists', () => {
    expect(thrownBy({ desnity: 0.3 })).toBeInstanceOf(UnknownKeyError);
    expect(thrownBy({ desnity: 0.3 })).toMatchObject({ facts: { key: 'desnity', nearest: 'density' } });
    expect(thrownBy({ temperature: 1 }).message).not.toContain('Did you mean');
  });

  it('are refused with their range', () => {
    expect(thrownBy({ density: 3 })).toBeInstanceOf(InvalidValueError);
    expect(thrownBy({ density: 3 }).message).toBe('params.density: expected a number above 0 and at most 1, got 3.');
    expect(thrownBy({ balance: 'size' }).message).toBe('params.balance: expected one of none, norm, got size.');
  });
});
