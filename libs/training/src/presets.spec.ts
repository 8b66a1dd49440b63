import { describe, expect, it } from 'vitest';
import { sampleSettings, trainingPresetNames, trainingPresets } from './presets.ts';
import { parseTrainingSettings } from './settings.ts';

describe('presets', () => {
  it.each(trainingPresetNames)("%s is valid and keeps the paper's kind of adapter and rank", (name) => {
    const { adapter } = parseTrainingSettings(trainingPresets[name]);
    expect(adapter).toMatchObject({ kind: 'svd-lora', rank: 4 });
    expect(adapter.targetModules).toEqual(name === 'paper' ? ['q', 'v'] : ['q', 'k', 'v', 'proj', 'fc1', 'fc2']);
  });

  it('sample settings add the augmentation of the task', () => {
    expect(parseTrainingSettings(sampleSettings('pbcblood')).augment.verticalFlip).toBe(0.5);
    expect(parseTrainingSettings(sampleSettings('another')).augment).toEqual(parseTrainingSettings().augment);
  });

  it('settings without a preset follow the paper where it says something', () => {
    expect(parseTrainingSettings()).toMatchObject({
      epochs: 100,
      learningRate: 3e-4,
      selectBy: 'acc',
      updateScaleRange: null,
      adapter: { kind: 'svd-lora', rank: 4, alpha: 4, targetModules: ['q', 'v'] },
    });
  });
});
