type Plain = Readonly<Record<string, unknown>>;

/**
 * Merges a patch into an object: objects by key, lists whose items have names by name, other lists and values replaced, null
 * removes. Neither argument is changed. An override of one field so keeps the defaults beside it.
 */
export function mergePatch<T extends object>(base: T, patch: object | undefined): T {
  return mergeObjects(base as Plain, (patch ?? {}) as Plain) as T;
}

function mergeObjects(base: Plain, patch: Plain): Plain {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined || key === '__proto__') continue;
    if (value === null) delete merged[key];
    else merged[key] = mergeValue(merged[key], value);
  }
  return merged;
}

function mergeValue(base: unknown, patch: unknown): unknown {
  if (isNamedList(base) && isNamedList(patch)) return mergeByName(base, patch);
  if (isPlain(patch)) return mergeObjects(isPlain(base) ? base : {}, patch);
  return patch;
}

function mergeByName(base: readonly Named[], patch: readonly Named[]): readonly Plain[] {
  const names = new Set(base.map(({ name }) => name));
  const changed = base.map((item) => {
    const change = patch.find(({ name }) => name === item.name);
    return change ? mergeObjects(item, change) : item;
  });
  return [...changed, ...patch.filter(({ name }) => !names.has(name))];
}

type Named = Plain & { readonly name: string };

const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

const isNamedList = (value: unknown): value is readonly Named[] =>
  Array.isArray(value) && value.every((item) => isPlain(item) && typeof item['name'] === 'string');
