import { describe, expect, it } from 'vitest';
import { mergePatch } from './merge-patch.ts';

describe('mergePatch', () => {
  it('merges objects by key and named lists by name, replaces other lists, and removes with null', () => {
    const base = {
      a: { x: 1, y: 2 },
      list: [
        { name: 'one', v: 1 },
        { name: 'two', v: 2 },
      ],
      plain: [1, 2],
      gone: 1,
    };
    const patch = {
      a: { y: 3 },
      list: [{ name: 'two', w: 5 }, { name: 'three' }],
      plain: [9],
      gone: null,
      z: undefined,
    };
    expect(mergePatch(base, patch)).toEqual({
      a: { x: 1, y: 3 },
      list: [{ name: 'one', v: 1 }, { name: 'two', v: 2, w: 5 }, { name: 'three' }],
      plain: [9],
    });
    expect(base.a).toEqual({ x: 1, y: 2 });
  });

  it('cannot reach the prototype of objects', () => {
    mergePatch({}, JSON.parse('{"__proto__": {"polluted": true}}') as object);
    expect({}).not.toHaveProperty('polluted');
  });
});
