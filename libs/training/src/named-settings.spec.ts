import { InvalidValueError } from '@medlego/errors';
import { describe, expect, it } from 'vitest';
import { chooseSettings } from './choices.ts';
import { readNamedSettings } from './named-settings.ts';
import { sampleSettings, trainingPresets } from './presets.ts';
import { parseTrainingSettings } from './settings.ts';

const parsed = (named: Record<string, string>, task?: string) =>
  parseTrainingSettings(readNamedSettings(named, { task }).settings);

describe('settings by name', () => {
  it('are read as on the command line, in all ways to write a name', () => {
    const expected = { learningRate: 1e-3, batchSize: 32, microBatchSize: 8, epochs: 3, headInit: 'random' };
    expect(parsed({ lr: '1e-3', batch: '32', 'micro-batch': '8', epochs: '3', 'head-init': 'random' })).toMatchObject(
      expected,
    );
    expect(
      parsed({ learningRate: '0.001', 'batch-size': '32', microBatchSize: '8', epochs: '3', headInit: 'random' }),
    ).toMatchObject(expected);
    expect(parsed({ trainHead: 'false', clipNorm: 'null', classWeights: 'balanced' })).toMatchObject({
      trainHead: false,
      clipNorm: null,
      classWeights: 'balanced',
    });
  });

  it('choose the adapter by short words, or by its own form', () => {
    expect(parsed({ adapter: 'lora', rank: '8', alpha: '16', targets: 'q, fc1' }).adapter).toEqual({
      kind: 'lora',
      rank: 8,
      alpha: 16,
      targetModules: ['q', 'fc1'],
    });
    expect(parsed({ adapter: '{"kind":"head-only"}' }).adapter.kind).toBe('head-only');
  });

  it('go over a preset, which may know the task', () => {
    expect(readNamedSettings({ preset: 'sample' }, { task: 'pbcblood' }).settings).toMatchObject(
      sampleSettings('pbcblood'),
    );
    expect(parsed({ preset: 'mergeable', epochs: '2', rank: '2' })).toEqual(
      parseTrainingSettings({
        ...trainingPresets.mergeable,
        epochs: 2,
        adapter: { ...trainingPresets.mergeable.adapter, rank: 2 },
      }),
    );
    expect(parsed({ mergeable: 'true' })).toEqual(parsed({ preset: 'mergeable' }));
    expect(parsed({})).toEqual(parseTrainingSettings());
  });

  it('name other artifacts and statistics beside', () => {
    expect(
      readNamedSettings({ neighbours: 'blood,knee', stats: 'gram,fisher', statsImages: '9', onto: 'all' }),
    ).toMatchObject({
      neighbours: ['blood', 'knee'],
      onto: 'all',
      statistics: { kinds: ['gram', 'fisher'], statisticsImages: 9 },
    });
    const noise = readNamedSettings({ preset: 'mergeable', neighbours: 'noise' });
    expect(noise.neighbours).toBeUndefined();
    expect(parseTrainingSettings(noise.settings)).toMatchObject({ neighbours: { kind: 'noise' }, quiet: null });
  });

  it('take the seed of the run unless they have one', () => {
    expect(readNamedSettings({}, { seed: 4 }).settings.seed).toBe(4);
    expect(readNamedSettings({ seed: '5' }, { seed: 4 }).settings.seed).toBe(5);
  });

  it.each([
    [{ epoch: '3' }, /settings\.epoch: .*Did you mean epochs\?/],
    [{ 'learning-rte': '3' }, /Did you mean learningRate\?/],
    [{ xyzzyplugh: '3' }, /There are: adapter, alpha/],
    [{ adapter: 'lorra' }, /settings\.adapter: expected one of svd-lora, lora/],
    [{ rank: 'two' }, /settings\.rank: expected a number, got two/],
    [{ stats: 'gram,hessian' }, /settings\.stats: expected one of gram/],
    [{ epochs: 'many' }, /settings\.epochs/],
    [{ __proto__x: '1' }, /unknown name/],
  ])('refuse %j and say what would do', (named, message) => {
    expect(() => parsed(named)).toThrow(message);
    expect(() => parsed(named)).toThrow(InvalidValueError);
  });

  it('mean what the same choices mean', () => {
    const choices = { preset: 'paper', rank: 2, set: { epochs: 7 } } as const;
    expect(readNamedSettings({ preset: 'paper', rank: '2', epochs: '7' }).settings).toEqual(chooseSettings(choices));
  });
});
