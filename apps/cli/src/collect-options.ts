import { InvalidArgumentError } from 'commander';

/** Parts of `name=value`. @throws InvalidArgumentError where one of them is missing */
function splitPair(text: string, expected: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError(`Expected ${expected}, got "${text}".`);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** `density=0.5` as one more entry; what is no JSON is taken as text. */
export function collectParam(text: string, sofar: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const [name, value] = splitPair(text, 'name=value');
  let parsed: unknown = value;
  try {
    parsed = JSON.parse(value);
  } catch {
    // Words such as `sum` need no quotes.
  }
  return { ...sofar, [name]: parsed };
}

/** `busibreast=data/breast.npz` as one more entry. */
export function collectData(text: string, sofar: Readonly<Record<string, string>>): Record<string, string> {
  const [task, path] = splitPair(text, 'TASK=PATH');
  return { ...sofar, [task]: path };
}

/** `busibreast=0.5` as one more entry. */
export function collectWeight(text: string, sofar: Readonly<Record<string, number>>): Record<string, number> {
  const [task, value] = splitPair(text, 'TASK=NUMBER');
  const weight = Number(value);
  if (!Number.isFinite(weight)) throw new InvalidArgumentError(`Expected a number after ${task}=, got "${value}".`);
  return { ...sofar, [task]: weight };
}

/** A list with commas that may also be repeated. */
export const collectList = (text: string, sofar: readonly string[]): string[] => [
  ...sofar,
  ...text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== ''),
];

/** One more text, commas and all. */
export const collectText = (text: string, sofar: readonly string[]): string[] => [...sofar, text];
