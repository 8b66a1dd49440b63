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

/** What the command line says for one task, or for several together, over the preset if one is named; anything else keeps the defaults of the training library. */
export async function settingsOf(options: TrainCommandOptions, task?: string): Promise<TrainingSettingsInput> {
  const { augmentPresets, sampleSettings, trainingPresets } = await import('@medlego/training');
  const { adapter: kind, rank, alpha, targets, augment, neighbours } = options;
  const preset = options.preset ?? (options.mergeable ? 'mergeable' : undefined);
  const base = preset === 'sample' && task ? sampleSettings(task) : preset ? trainingPresets[preset] : {};
  const defined = <T extends object>(values: T): Partial<T> =>
    Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
  return {
    ...base,
    ...defined({
      seed: options.seed,
      epochs: options.epochs,
      batchSize: options.batchSize,
      microBatchSize: options.microBatch,
      learningRate: options.lr,
      headInit: options.headInit,
      selectBy: options.selectBy,
      patience: options.patience,
      penaltyWeight: options.penaltyWeight,
      augment: augment && augmentPresets[augment],
      neighbours: neighbours && ({ kind: isNoise(neighbours) ? 'noise' : 'adapters' } as const),
      quiet: neighbours && null, // the two exclude each other, and the preset's makes room for what was asked for
    }),
    adapter: {
      ...base.adapter,
      ...defined({ kind, rank, alpha, targetModules: targets?.split(',') as ('q' | 'v')[] | undefined }),
    },
    ...options.set,
  };
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

/** `--neighbours noise` stands for random factors instead of published adapters. */
export const isNoise = (neighbours: readonly string[]): boolean => neighbours.length === 1 && neighbours[0] === 'noise';

/** Names of published adapters that are active in training. */
export const neighbourNames = ({ neighbours }: TrainCommandOptions): readonly string[] | undefined =>
  neighbours && !isNoise(neighbours) ? neighbours : undefined;
