import { InvalidValueError, nearestName, UnknownKeyError } from '@medlego/errors';
import { describeField, paramFields, type MergeMethod, type ParamField } from '@medlego/merging';

/** What a search may vary: a parameter of the method (`lambda`) or a member's weight (`weights.pneumoniamnist`). */
export type Dimension = { readonly name: string } & (
  | {
      readonly kind: 'number';
      readonly low: number;
      readonly high: number;
      /** `log` compares ratios: for scales such as λ. */
      readonly scale: 'linear' | 'log';
      readonly isInteger: boolean;
    }
  | { readonly kind: 'choice'; readonly values: readonly (string | boolean)[] }
);

export const weightPrefix = 'weights.';

/** Ranges for parameters whose schema has no useful ones. λ: a sum of N members needs 1, an average of N needs up to N. */
const knownRanges: Readonly<Record<string, readonly [number, number]>> = { lambda: [0.1, 8], threshold: [0.5, 0.999] };

/** Not searched unless asked for: other words for λ, what v means, how much is stored, and luck. */
const leftAlone = new Set(['normalize', 'mode', 'maxRank', 'seed']);

/**
 * What a search varies if nobody says: λ first, then all of the method's own numbers with a range and its choices, v last. Weights are
 * searched only on request: with few validation images they fit the images sooner than the task.
 */
export function defaultSpace(method: MergeMethod, fixed: Readonly<Record<string, unknown>> = {}): Dimension[] {
  const fields = paramFields(method.params);
  const rank = (name: string): number =>
    ['threshold', '', 'lambda'].indexOf(name === 'lambda' || name === 'threshold' ? name : '');
  return Object.entries(fields)
    .filter(([name]) => !leftAlone.has(name) && !(name in fixed))
    .filter(([name]) => name !== 'threshold' || fixed['mode'] !== 'absolute')
    .flatMap(([name, field]) => dimensionOf(name, field) ?? [])
    .sort((a, b) => rank(b.name) - rank(a.name));
}

function dimensionOf(name: string, field: ParamField): Dimension | undefined {
  if (field.kind === 'choice') return { name, kind: 'choice', values: field.values };
  const range = knownRanges[name] ?? (field.kind === 'number' ? openRange(field) : undefined);
  if (!range || field.kind !== 'number') return undefined;
  return {
    name,
    kind: 'number',
    low: range[0],
    high: range[1],
    scale: scaleOf(name, ...range),
    isInteger: field.isInteger,
  };
}

/** Bounds of a field, moved inside by a hundredth of the range where the bound itself is out. */
function openRange({
  least,
  most,
  isAboveLeast,
  isBelowMost,
}: ParamField & { kind: 'number' }): [number, number] | undefined {
  if (least === undefined || most === undefined || !(most > least)) return undefined;
  const margin = (most - least) / 100;
  return [isAboveLeast ? least + margin : least, isBelowMost ? most - margin : most];
}

/** λ and everything that spans more than two orders of magnitude is compared by ratios. */
const scaleOf = (name: string, low: number, high: number): 'linear' | 'log' =>
  low > 0 && (name === 'lambda' || high / low > 100) ? 'log' : 'linear';

/**
 * Reads what a user wants searched: `lambda=0.2..3`, `balance=none,norm`, `density` (its whole range), `weights=0..2` (every
 * member's), `weights.TASK=-1..1`. Ranges include both ends.
 *
 * @throws UnknownKeyError with the nearest parameter, InvalidValueError naming the parameter's range
 */
export function parseSearch(texts: readonly string[], method: MergeMethod, members: readonly string[]): Dimension[] {
  const dimensions = texts.flatMap((text) => parseDimension(text, method, members));
  const names = dimensions.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new InvalidValueError({ field: 'search', expected: 'every parameter once', actual: `${twice} twice` });
  return dimensions;
}

function parseDimension(text: string, method: MergeMethod, members: readonly string[]): Dimension[] {
  const at = text.indexOf('=');
  const [name, values] = at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
  if (name === 'weights' || name.startsWith(weightPrefix)) return weightDimensions(name, values, members);
  const fields = paramFields(method.params);
  const field = fields[name];
  if (!field) {
    const known = [...Object.keys(fields), 'weights'];
    throw new UnknownKeyError({ where: `search of ${method.id}`, key: name, known, nearest: nearestName(name, known) });
  }
  const expected = describeField(field) ?? 'a number or one of several words';
  if (values === undefined) {
    const dimension = dimensionOf(name, field);
    if (dimension) return [dimension];
    throw new InvalidValueError({ field: `search ${name}`, expected: `a range, as in ${name}=0.1..2`, actual: 'none' });
  }
  if (field.kind === 'choice') {
    const words = values.split(',').map((word) => word.trim());
    const chosen = words.map((word) => field.values.find((value) => String(value) === word));
    const wrong = words[chosen.indexOf(undefined)];
    if (wrong !== undefined) throw new InvalidValueError({ field: `search ${name}`, expected, actual: wrong });
    return [{ name, kind: 'choice', values: chosen as (string | boolean)[] }];
  }
  const [low, high] = parseRange(`search ${name}`, values);
  if (field.kind === 'number') assertInside(name, field, [low, high]);
  const isInteger = field.kind === 'number' && field.isInteger;
  return [{ name, kind: 'number', low, high, scale: scaleOf(name, low, high), isInteger }];
}

function weightDimensions(name: string, values: string | undefined, members: readonly string[]): Dimension[] {
  const [low, high] = parseRange(`search ${name}`, values ?? '0..2');
  const task = name.slice(weightPrefix.length);
  if (name !== 'weights' && !members.includes(task))
    throw new UnknownKeyError({ where: 'weights', key: task, known: members, nearest: nearestName(task, members) });
  const shape = { kind: 'number', low, high, scale: 'linear', isInteger: false } as const;
  return (name === 'weights' ? members : [task]).map((member) => ({ name: `${weightPrefix}${member}`, ...shape }));
}

function parseRange(field: string, text: string): [number, number] {
  const [low, high, ...rest] = text.split('..').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (low === undefined || high === undefined || rest.length > 0 || !(low < high) || !Number.isFinite(high - low))
    throw new InvalidValueError({ field, expected: 'two numbers, the smaller first, as in 0.2..3', actual: text });
  return [low, high];
}

function assertInside(name: string, field: ParamField & { kind: 'number' }, ends: readonly number[]): void {
  const outside = ends.find(
    (end) =>
      (field.least !== undefined && (field.isAboveLeast ? end <= field.least : end < field.least)) ||
      (field.most !== undefined && (field.isBelowMost ? end >= field.most : end > field.most)),
  );
  if (outside !== undefined)
    throw new InvalidValueError({ field: `search ${name}`, expected: describeField(field)!, actual: outside });
}
