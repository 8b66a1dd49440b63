import { InvalidArgumentError } from 'commander';
import type { AugmentPresetName, StatisticsKind, TrainingSettingsInput } from '@medlego/training';
import type { ComputeOptions } from '../compute-options.ts';

export interface TrainCommandOptions extends ComputeOptions {
  readonly task: readonly string[];
  readonly joint?: boolean;
  readonly backbone: string;
  readonly preset?: 'paper' | 'mergeable' | 'sample';
  readonly adapter?: 'svd-lora' | 'lora' | 'full' | 'head-only';
  readonly rank?: number;
  readonly alpha?: number;
  readonly targets?: string;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly microBatch?: number;
  readonly lr?: number;
  readonly seed?: number;
  readonly headInit?: 'probe' | 'random';
  readonly selectBy?: 'acc' | 'loss' | 'auc';
  readonly patience?: number;
  readonly penaltyWeight?: number;
  readonly set: Readonly<Record<string, unknown>>;
  readonly mergeable?: boolean;
  readonly augment?: AugmentPresetName;
  readonly stats?: readonly StatisticsKind[];
  readonly statsImages: number;
  readonly neighbours?: readonly string[];
  readonly onto?: string;
  readonly skipBad?: boolean;
  /** With --remote. */
  readonly seeds?: readonly number[];
  readonly priority?: number;
  readonly detach?: boolean;
  readonly requestId?: string;
  readonly output?: string;
}

/** `name=value` of --set; the value is JSON where it can be read as such, else text. */
export const collectSetting = (text: string, sofar: Record<string, unknown>): Record<string, unknown> => {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError(`Expected NAME=VALUE, got "${text}".`);
  const value = text.slice(at + 1);
  try {
    return { ...sofar, [text.slice(0, at)]: JSON.parse(value) as unknown };
  } catch {
    return { ...sofar, [text.slice(0, at)]: value }; // a word such as balanced
  }
};

/** What the command line says for one task, or for several together; anything else keeps the defaults of the training library. */
export async function settingsOf(options: TrainCommandOptions, task?: string): Promise<TrainingSettingsInput> {
  const { chooseSettings } = await import('@medlego/training');
  const { adapter, rank, alpha, targets, augment, neighbours } = options;
  return chooseSettings(
    {
      preset: options.preset ?? (options.mergeable ? 'mergeable' : undefined),
      adapter,
      rank,
      alpha,
      targets: targets?.split(','),
      augment,
      neighbours,
      set: {
        seed: options.seed,
        epochs: options.epochs,
        batchSize: options.batchSize,
        microBatchSize: options.microBatch,
        learningRate: options.lr,
        headInit: options.headInit,
        selectBy: options.selectBy,
        patience: options.patience,
        penaltyWeight: options.penaltyWeight,
        ...options.set,
      },
    },
    task,
  );
}

/** A list with commas, e.g. of names. */
export const commaList = (text: string): string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

export function parseStatistics(text: string): StatisticsKind[] {
  const kinds = commaList(text);
  const known: readonly StatisticsKind[] = ['gram', 'fisher'];
  const wrong = kinds.find((kind) => !(known as readonly string[]).includes(kind));
  if (wrong !== undefined || kinds.length === 0)
    throw new InvalidArgumentError(`Expected some of ${known.join(', ')}, got "${wrong ?? text}".`);
  return kinds as StatisticsKind[];
}

/** Names of published adapters that are active in training. */
export const neighbourNames = ({ neighbours }: TrainCommandOptions): readonly string[] | undefined =>
  neighbours?.length === 1 && neighbours[0] === 'noise' ? undefined : neighbours;

/** `--seeds 5`: 0 to 4; `--seeds 3,7`: these. */
export function parseSeeds(text: string): number[] {
  const numbers = commaList(text).map(Number);
  if (numbers.length === 0 || numbers.some((seed) => !Number.isInteger(seed) || seed < 0 || seed > 2 ** 31))
    throw new InvalidArgumentError(`Expected a number of seeds, or seeds with commas, got "${text}".`);
  return numbers.length === 1 && !text.includes(',') ? Array.from({ length: numbers[0]! }, (_, seed) => seed) : numbers;
}

export interface SettingTexts {
  /** Settings by name, as services take them. */
  readonly texts: Readonly<Record<string, string>>;
  /** Settings with several values, as `--set lr=1e-4,3e-4` gives them: a sweep goes over all. */
  readonly axes: Readonly<Record<string, string[]>>;
}

/** What the command line says, as text by name. */
export function settingTexts(options: TrainCommandOptions): SettingTexts {
  const { preset, mergeable, adapter, rank, alpha, targets, augment, neighbours, onto, stats, statsImages } = options;
  const { epochs, batchSize, microBatch, lr, headInit, selectBy, patience, penaltyWeight } = options;
  const given = {
    ...{ preset: preset ?? (mergeable ? 'mergeable' : undefined), adapter, rank, alpha, targets, augment, onto },
    ...{ neighbours: neighbours?.join(), stats: stats?.join(), statsImages: stats && statsImages },
    ...{ epochs, batchSize, microBatch, lr, headInit, selectBy, patience, penaltyWeight },
  };
  const texts: Record<string, string> = {};
  const axes: Record<string, string[]> = {};
  for (const [name, value] of Object.entries(given)) if (value !== undefined) texts[name] = String(value);
  for (const [name, value] of Object.entries(options.set)) {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const values = typeof value === 'string' ? commaList(value) : [text];
    if (values.length > 1) axes[name] = values;
    else texts[name] = text;
  }
  return { texts, axes };
}
