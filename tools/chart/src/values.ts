import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, isPair, isScalar, parseDocument, type Pair, type YAMLMap } from 'yaml';
import { chartFolder } from './paths.ts';

/** A setting of values.yaml. */
export interface Setting {
  /** Such as `jobs.gpu.count`. */
  readonly path: string;
  readonly value: unknown;
  /** The comment that begins with `# --` above it. */
  readonly description: string;
}

export const readValues = () => parseDocument(readFileSync(join(chartFolder, 'values.yaml'), 'utf8'));

/** All settings in their order: leaves, and maps that are described as a whole. */
export function listSettings(): Setting[] {
  const found: Setting[] = [];
  walk(readValues().contents as YAMLMap, '', found);
  return found;
}

function walk(map: YAMLMap, prefix: string, found: Setting[]): void {
  map.items.forEach((pair, index) => {
    if (!isPair(pair)) return;
    const path = prefix + keyOf(pair);
    const description = descriptionOf(pair, index === 0 ? map : undefined);
    const isGroup = isMap(pair.value) && pair.value.items.length > 0 && !pair.value.flow;
    if (!isGroup || description)
      found.push({ path, description, value: isMap(pair.value) && isGroup ? undefined : plain(pair) });
    if (isGroup) walk(pair.value as YAMLMap, `${path}.`, found);
  });
}

const keyOf = ({ key }: Pair): string => String(isScalar(key) ? key.value : key);

const plain = ({ value }: Pair): unknown =>
  (value as { toJSON?: () => unknown } | null)?.toJSON ? (value as { toJSON: () => unknown }).toJSON() : value;

/** The parser gives the comment above a map's first key to the map. */
function descriptionOf({ key }: Pair, first: YAMLMap | undefined): string {
  const comment = (isScalar(key) && key.commentBefore) || first?.commentBefore || '';
  const line = comment.split('\n').findLast((text) => text.trim().startsWith('--'));
  return line ? line.trim().slice(2).trim() : '';
}
