import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import { describe, expect, it } from 'vitest';
import * as exported from '../src/index.ts';
import { readCatalogue } from './read-catalogue.ts';
import { referenceOf } from './reference.ts';

const entries = await readCatalogue();
const kinds = ['bad_input', 'not_found', 'conflict', 'unsupported', 'corrupt', 'exhausted', 'unavailable', 'stopped'];
const referencePath = fileURLToPath(new URL('../../../docs/reference/errors.md', import.meta.url));

describe('the error catalogue', () => {
  it('gives every error a code of its own', () => {
    const codes = entries.map(({ sample }) => sample.code);
    expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
  });

  it.each(entries.map((entry) => [entry.className, entry] as const))(
    '%s is exported, named, and can be told',
    (className, { sample }) => {
      expect(exported).toHaveProperty(className, sample.constructor);
      expect(sample.code).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
      expect(kinds).toContain(sample.kind);
      expect(sample.name).toBe(className);
      expect(Object.values(exported.exitCodes)).toContain(exported.exitCodeOf(sample));
      expect(sample.message).toMatch(/^\S.*[.?>]$/s);
      expect(sample.message).not.toMatch(/undefined|\[object |NaN/);
      expect(JSON.parse(JSON.stringify(sample))).toEqual({
        code: sample.code,
        message: sample.message,
        facts: sample.facts,
      });
    },
  );

  it('is what docs/reference/errors.md lists', async () => {
    const config = await prettier.resolveConfig(referencePath);
    const markdown = await prettier.format(referenceOf(entries), { ...config, parser: 'markdown' });
    await expect(markdown).toMatchFileSnapshot(referencePath);
  });
});
