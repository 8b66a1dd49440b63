import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FileFormatError, InvalidValueError, toAppError } from '@medlego/errors';
import { findMethod, mergeMethods } from '@medlego/merging';
import { closest } from 'fastest-levenshtein';
import { parse } from 'yaml';
import { curvesConfigSchema, tableConfigSchema, type ReproductionConfig } from './config-schema.ts';
import { parseWithNearest } from './parse-with-nearest.ts';

/**
 * Reads a configuration file. It is laid over the file that its `base` names, in the same folder: what it lacks is taken from there,
 * mappings in `sorts` are laid over each other key by key, everything else replaces what the base has.
 *
 * @throws FileNotFoundError; FileFormatError for text that is no YAML mapping; InvalidValueError naming the field, an unknown key
 *   with the nearest valid one
 */
export async function readConfig(path: string): Promise<ReproductionConfig> {
  return parseConfig(await readDocument(path), path);
}

/** Checks a document as it was written. @throws InvalidValueError */
export function parseConfig(document: Readonly<Record<string, unknown>>, source: string): ReproductionConfig {
  const config =
    document['table'] === 'fig2'
      ? parseWithNearest(curvesConfigSchema, pick(document, curvesConfigSchema.shape), source)
      : parseWithNearest(tableConfigSchema, pick(document, tableConfigSchema.shape), source);
  assertReferences(config, source);
  return config;
}

const fromBase = Symbol('keys that came from the base');

/** A base may hold keys that only its own kind of table has; those of the file itself are all checked. */
function pick(document: Readonly<Record<PropertyKey, unknown>>, shape: object): Record<string, unknown> {
  const inherited = (document[fromBase] ?? new Set()) as ReadonlySet<string>;
  return Object.fromEntries(
    Object.entries(document).filter(([key]) => !inherited.has(key) || Object.hasOwn(shape, key)),
  );
}

async function readDocument(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw toAppError(error, { path, what: 'configuration' });
  });
  let document: unknown;
  try {
    document = parse(text);
  } catch (cause) {
    throw new FileFormatError({ file: path, expected: 'YAML', actual: (cause as Error).message }, { cause });
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw new FileFormatError({ file: path, expected: 'a mapping of keys to values', actual: typeof document });
  const { base, ...own } = document as Record<string, unknown>;
  if (base === undefined) return own;
  if (typeof base !== 'string')
    throw new InvalidValueError({ field: `${path}.base`, expected: 'a file name', actual: JSON.stringify(base) });
  const inherited = await readDocument(join(dirname(path), base));
  const merged: Record<PropertyKey, unknown> = { ...inherited, ...own };
  if ('sorts' in own && 'sorts' in inherited) merged['sorts'] = layOver(inherited['sorts'], own['sorts']);
  merged[fromBase] = new Set(Object.keys(inherited).filter((key) => !(key in own)));
  return merged;
}

/** Specialists of a sort are shared between tables only if their settings are the same: a table adds tasks and repeats nothing. */
function layOver(below: unknown, above: unknown): unknown {
  if (!isMapping(below) || !isMapping(above)) return above;
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) merged[key] = key in below ? layOver(below[key], value) : value;
  return merged;
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Titles are unique, sorts and groups that are named exist, methods are known. */
function assertReferences(config: ReproductionConfig, source: string): void {
  const known = (field: string, value: string, names: readonly string[]) => {
    if (names.includes(value)) return;
    throw new InvalidValueError(
      { field: `${source}.${field}`, expected: names.join(', '), actual: value },
      { hint: `Did you mean ${closest(value, [...names])}?` },
    );
  };
  const unique = (field: string, values: readonly string[]) => {
    const twice = values.find((value, at) => values.indexOf(value) !== at);
    if (twice !== undefined)
      throw new InvalidValueError({
        field: `${source}.${field}`,
        expected: 'different titles',
        actual: `${twice} twice`,
      });
  };
  const sorts = Object.keys(config.sorts);
  const methods = mergeMethods.map(({ id }) => id);
  const method = (field: string, name: string, params: unknown) => {
    known(`${field}.method`, name, methods);
    findMethod(name).configure(params);
  };
  if (config.table === 'fig2') {
    unique(
      'starts',
      config.starts.map(({ start }) => start),
    );
    config.starts.forEach((start, at) => {
      if (start.group === undefined) return;
      known(`starts[${at}].group`, start.group, Object.keys(config.groups));
      known(`starts[${at}].sort`, start.sort ?? '', sorts);
      method(`starts[${at}]`, start.method ?? '', start.params);
    });
    return;
  }
  unique(
    'rows',
    config.rows.map(({ row }) => row),
  );
  unique(
    'tasks',
    config.tasks.map(({ name }) => name),
  );
  config.rows.forEach((row, at) => {
    row.sorts.forEach((sort) => known(`rows[${at}].sorts`, sort, sorts));
    method(`rows[${at}]`, row.method, row.params);
  });
  config.figures.sorts.forEach((sort) => known('figures.sorts', sort, sorts));
}
