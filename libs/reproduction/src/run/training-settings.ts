import {
  parseTrainingSettings,
  trainingPresets,
  type TrainingSettings,
  type TrainingSettingsInput,
} from '@medlego/training';
import type { SortConfig } from '../config/config-schema.ts';

/** The settings that one specialist of a sort is trained with: preset, then the sort's, then the task's own. */
export function specialistSettings(
  id: string,
  sort: SortConfig,
  task: string,
  seed: number,
  epochs?: number,
): TrainingSettings {
  const preset: TrainingSettingsInput = sort.preset ? trainingPresets[sort.preset] : {};
  const layers = [preset, sort.settings, sort.tasks[task] ?? {}] as readonly Readonly<Record<string, unknown>>[];
  const merged: Record<string, unknown> = Object.assign({}, ...layers);
  merged['adapter'] = Object.assign({}, ...layers.map((layer) => layer['adapter'] ?? {}));
  const settings = parseTrainingSettings({ ...merged, seed }, `sorts.${id}.settings`);
  return epochs === undefined ? settings : { ...settings, epochs: Math.min(epochs, settings.epochs) };
}
