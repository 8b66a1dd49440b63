import { InvalidValueError, nearestName } from '@medlego/errors';
import { adapterKinds } from '@medlego/vit';
import { chooseSettings, isNoise, type TrainingChoices } from './choices.ts';
import { augmentPresetNames, trainingPresetNames } from './presets.ts';
import { trainingSettingsSchema, type TrainingSettingsInput } from './settings.ts';
import { statisticsKinds, type StatisticsKind } from './statistics/collect-statistics.ts';

/** What a run is trained with, read from text by name. */
export interface NamedTraining {
  /** Not checked yet: that is the training's. */
  readonly settings: TrainingSettingsInput;
  /** Names of published adapters that are active in training. */
  readonly neighbours?: readonly string[];
  /** What to train on top of. */
  readonly onto?: string;
  readonly statistics?: { readonly kinds: readonly StatisticsKind[]; readonly statisticsImages?: number };
}

/** Names that the command line has for settings. */
const aliases: Readonly<Record<string, string>> = {
  lr: 'learningRate',
  batch: 'batchSize',
  microBatch: 'microBatchSize',
};

const ownNames = Object.keys(trainingSettingsSchema.shape);
const choiceNames = [
  'preset', 'mergeable', 'adapter', 'rank', 'alpha', 'targets', 'augment', 'neighbours', 'onto', 'stats', 'statsImages',
] as const; // prettier-ignore

/** All names that `readNamedSettings` knows. */
export const settingNames: readonly string[] = [
  ...new Set([...choiceNames, ...Object.keys(aliases), ...ownNames]),
].sort();

/**
 * Reads settings that are text by name, written as on the command line: `lr: 1e-3`, `batch-size: 32`, `adapter: lora`, `targets: q,v`,
 * `stats: gram`, and every training setting by its own name, as JSON where it is no word or number.
 *
 * @param task for presets that depend on it
 * @throws InvalidValueError naming the setting, and the name that an unknown one most likely means
 */
export function readNamedSettings(
  named: Readonly<Record<string, string>>,
  {
    task,
    seed,
    source = 'settings',
  }: { readonly task?: string; readonly seed?: number; readonly source?: string } = {},
): NamedTraining {
  const texts: Record<string, string> = {};
  const set: Record<string, unknown> = seed === undefined ? {} : { seed };
  for (const [written, value] of Object.entries(named)) {
    const name = nameOf(written, source);
    // Short words of the command line stand beside the setting's own form, which is an object.
    if ((choiceNames as readonly string[]).includes(name) && !value.trimStart().startsWith('{')) texts[name] = value;
    else set[name] = valueOf(value);
  }
  const read = <T>(name: string, parse: (text: string, field: string) => T): T | undefined =>
    texts[name] === undefined ? undefined : parse(texts[name], `${source}.${name}`);

  const mergeable = read('mergeable', oneOf(['true', 'false', '']));
  const neighbours = read('neighbours', words);
  const kinds = read('stats', someOf(statisticsKinds));
  const onto = texts['onto'];
  const choices: TrainingChoices = {
    preset:
      read('preset', oneOf(trainingPresetNames)) ?? (mergeable && mergeable !== 'false' ? 'mergeable' : undefined),
    adapter: read('adapter', oneOf(adapterKinds)),
    rank: read('rank', number),
    alpha: read('alpha', number),
    targets: read('targets', words),
    augment: read('augment', oneOf(augmentPresetNames)),
    neighbours,
    set,
  };
  const statisticsImages = read('statsImages', number);
  return {
    settings: chooseSettings(choices, task),
    ...(neighbours && !isNoise(neighbours) && { neighbours }),
    ...(onto && { onto }),
    ...(kinds && { statistics: { kinds, ...(statisticsImages !== undefined && { statisticsImages }) } }),
  };
}

function nameOf(written: string, source: string): string {
  const camel = written.trim().replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const name = Object.hasOwn(aliases, camel) ? aliases[camel]! : camel;
  if (settingNames.includes(name)) return name;
  const nearest = nearestName(camel, settingNames);
  throw new InvalidValueError(
    { field: `${source}.${written.slice(0, 100)}`, expected: 'a setting of training', actual: 'an unknown name' },
    { hint: nearest ? `Did you mean ${nearest}?` : `There are: ${settingNames.join(', ')}.` },
  );
}

/** JSON where it can be read as such, else a word. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

const words = (text: string): string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

function number(text: string, field: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw new InvalidValueError({ field, expected: 'a number', actual: text });
  return value;
}

const oneOf =
  <T extends string>(known: readonly T[]) =>
  (text: string, field: string): T => {
    const found = known.find((one) => one === text.trim());
    if (found === undefined)
      throw new InvalidValueError({ field, expected: `one of ${known.join(', ')}`, actual: text });
    return found;
  };

const someOf =
  <T extends string>(known: readonly T[]) =>
  (text: string, field: string): T[] => {
    const chosen = words(text).map((word) => oneOf(known)(word, field));
    if (chosen.length === 0)
      throw new InvalidValueError({ field, expected: `some of ${known.join(', ')}`, actual: text });
    return chosen;
  };
