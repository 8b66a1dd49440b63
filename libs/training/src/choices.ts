import {
  augmentPresets,
  sampleSettings,
  trainingPresets,
  type AugmentPresetName,
  type TrainingPresetName,
} from './presets.ts';
import type { TrainingSettingsInput } from './settings.ts';

type AdapterInput = NonNullable<TrainingSettingsInput['adapter']>;

/** Settings as people choose them, on the command line or by name: short words that stand for parts of the whole. */
export interface TrainingChoices {
  /** Ready-made settings; everything else goes over them. */
  readonly preset?: TrainingPresetName;
  readonly adapter?: AdapterInput['kind'];
  readonly rank?: number;
  readonly alpha?: number;
  readonly targets?: readonly string[];
  readonly augment?: AugmentPresetName;
  /** Names of published adapters that are active in training, or `noise` alone. */
  readonly neighbours?: readonly string[];
  /** Any settings by their own names, over all of the above. */
  readonly set?: Readonly<Record<string, unknown>>;
}

/** `noise` stands for random factors instead of published adapters. */
export const isNoise = (neighbours: readonly string[]): boolean => neighbours.length === 1 && neighbours[0] === 'noise';

/**
 * The settings that choices stand for, for one task or for several together; anything that was not chosen keeps its default. They are
 * checked where they are used.
 */
export function chooseSettings(choices: TrainingChoices, task?: string): TrainingSettingsInput {
  const { preset, adapter: kind, rank, alpha, targets, augment, neighbours, set } = choices;
  const base = preset === 'sample' && task ? sampleSettings(task) : preset ? trainingPresets[preset] : {};
  return {
    ...base,
    ...defined({
      augment: augment && augmentPresets[augment],
      neighbours: neighbours && ({ kind: isNoise(neighbours) ? 'noise' : 'adapters' } as const),
      quiet: neighbours && null, // the two exclude each other, and the preset's makes room for what was asked for
    }),
    adapter: {
      ...base.adapter,
      ...defined({ kind, rank, alpha, targetModules: targets as AdapterInput['targetModules'] }),
    },
    ...defined(set ?? {}),
  };
}

const defined = <T extends object>(values: T): Partial<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
