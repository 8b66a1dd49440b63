import { InvalidValueError, UnknownKeyError, UnknownMergeMethodError } from '@medlego/errors';
import { describe, expect, it } from 'vitest';
import { parseRecipe } from './recipe-document.ts';

const parse = (input: unknown) => () => parseRecipe(input, 'recipe.yaml');
const good = { method: 'med-lego', members: ['blood', { ref: 'breast', weight: 0.5 }] };

describe('parseRecipe', () => {
  it('takes members by name or with a weight', () => {
    expect(parseRecipe(good, 'recipe.yaml')).toEqual({
      method: 'med-lego',
      params: {},
      members: [{ ref: 'blood' }, { ref: 'breast', weight: 0.5 }],
    });
  });

  it('refuses unknown keys at every level with the nearest one that exists', () => {
    expect(parse({ ...good, metod: 'x' })).toThrow('Did you mean method?');
    expect(parse({ ...good, members: [{ ref: 'a', wieght: 1 }] })).toThrow('Did you mean weight?');
    expect(parse({ ...good, params: { treshold: 0.8 } })).toThrow('Did you mean threshold?');
    expect(parse({ ...good, tuned: { metrik: 'acc' } })).toThrow(UnknownKeyError);
  });

  it('names field, range and file where a value is wrong', () => {
    expect(parse({ ...good, params: { threshold: 'high' } })).toThrow('params.threshold: expected a number');
    expect(parse({ ...good, params: { balance: 'size' } })).toThrow('one of none, norm');
    expect(parse({ ...good, members: [] })).toThrow(InvalidValueError);
    expect(parse({ members: ['a'] })).toThrow('recipe.yaml.method: expected string, got undefined');
    expect(parse({ ...good, members: [{ ref: 'a', weight: 'much' }] })).toThrow('recipe.yaml.members.0.weight');
    expect(parse({ ...good, method: 'magic' })).toThrow(UnknownMergeMethodError);
    expect(parse(null)).toThrow(InvalidValueError);
  });
});
