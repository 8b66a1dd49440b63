import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suiteFolder } from '@medlego/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { medlego, medlegoJson } from './medlego.ts';
import { noiseTask } from './noise-task.ts';

const image = 'data/samples/busibreast/malignant-test2.png';
type Predictions = { task: string; probabilities: Record<string, number> }[];
type Evaluated = { tasks: { task: string; metrics: { acc: number }; against: Record<string, unknown> }[] };

/** Every kind of adapter and every way to train, on a few noise images with a backbone of random weights. */
describe('ways to train', { timeout: 240_000 }, () => {
  const home = suiteFolder();
  const task = (name: string) => join(home, 'tasks', `${name}.npz`);
  const quick = ['--backbone', 'small', '--epochs', '1', '--batch-size', '8', '--threads', '1'];

  beforeAll(async () => {
    await mkdir(join(home, 'tasks'));
    for (const [name, seed] of [
      ['one', 3],
      ['two', 5],
    ] as const)
      await writeFile(task(name), noiseTask(seed));
    await writeFile(task('broken'), 'this is no archive');
    await medlegoJson(home, 'backbone', 'init', 'vit-nano', '-o', 'small');
  }, 120_000);

  // svd-lora goes the same way in main-job.spec.ts.
  it.each([
    ['lora', ['--rank', '2', '--targets', 'q,v,fc1', '--head-init', 'probe']],
    ['full', ['--head-init', 'random']],
    ['head-only', ['--preset', 'paper']],
  ] as const)('%s is trained, shown, evaluated and asked', async (kind, more) => {
    const { artifact } = await medlegoJson<{ artifact: string }>(
      home,
      ...['train', '--task', task('one'), '--adapter', kind, ...more, ...quick, '-o', kind],
    );
    const [shown, evaluated, [answer]] = await Promise.all([
      medlegoJson(home, 'show', kind),
      medlegoJson<Evaluated>(home, 'evaluate', kind, '--split', 'val', '--threads', '1'),
      medlegoJson<Predictions>(home, 'predict', kind, image, '--threads', '1'),
    ]);
    expect(shown).toMatchObject({ artifact, manifest: { config: { settings: { adapter: { kind } } } } });
    expect(Object.keys(evaluated.tasks[0]!.against).sort()).toEqual(['majority', 'probe', 'unadapted']);
    expect(Object.values(answer!.probabilities).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
  });

  it('trains several tasks in turn, and one bad data set does not sink the rest', async () => {
    const tasks = ['one', 'broken', 'two'].map(task).join(',');
    const args = ['train', '--task', tasks, '--adapter', 'lora', ...quick, '-o', '{task}-each', '--json'];
    const { code, stdout } = await medlego(home, ...args);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      trained: [{ name: 'one-each' }, { name: 'two-each' }],
      failed: [{ task: task('broken'), error: { code: expect.any(String) } }],
    });
    const wrong = await medlego(
      home,
      'train',
      '--task',
      `${task('one')},${task('two')}`,
      ...quick,
      '-o',
      'same',
      '--json',
    );
    expect(wrong.code).toBe(64);
    expect(JSON.parse(wrong.stdout)).toMatchObject({ error: { facts: { field: '--output' } } });
  });

  it('--joint makes one generalist of all tasks that evaluates and answers like any other', async () => {
    const tasks = `${task('two')},${task('one')}`;
    const joint = await medlegoJson<{ artifact: string; tasks: { task: string }[] }>(
      home,
      ...['train', '--task', tasks, '--joint', '--adapter', 'full', '--head-init', 'random', ...quick, '-o', 'both'],
    );
    expect(joint.tasks.map(({ task: name }) => name)).toEqual(['one', 'two']);
    const evaluated = await medlegoJson<Evaluated>(home, 'evaluate', 'both', '--split', 'test', '--threads', '1');
    for (const { against } of evaluated.tasks)
      expect(Object.keys(against).sort()).toEqual(['majority', 'probe', 'unadapted']);
    const answers = await medlegoJson<Predictions>(home, 'predict', 'both', image, '--threads', '1');
    expect(answers.map((answer) => answer.task)).toEqual(['one', 'two']);
  });

  it('merges specialists that are whole models into a generalist that is evaluated like any other', async () => {
    const tasks = ['one', 'two'].map(task).join(',');
    await medlegoJson(home, 'train', '--task', tasks, '--adapter', 'full', ...quick, '-o', '{task}-full');
    const merged = await medlegoJson<{ artifact: string; strength: Record<string, number> }>(
      home,
      ...['merge', 'one-full', 'two-full', '--method', 'average', '-o', 'averaged'],
    );
    expect(Object.keys(merged.strength)).toEqual(['one', 'two']);
    const evaluated = await medlegoJson<Evaluated>(home, 'evaluate', 'averaged', '--split', 'test', '--threads', '1');
    for (const { against } of evaluated.tasks)
      expect(Object.keys(against).sort()).toEqual(['majority', 'probe', 'specialist', 'unadapted']);
  });

  it('--stats warns of patient data when it writes them and when they are shown', async () => {
    const args = [
      'train',
      '--task',
      task('one'),
      '--stats',
      'gram,fisher',
      '--stats-images',
      '4',
      ...quick,
      '-o',
      'stats',
    ];
    const { code, stderr } = await medlego(home, ...args);
    expect(code).toBe(0);
    expect(stderr).toContain('derived from patient data');
    expect((await medlego(home, 'show', 'stats')).stderr).toContain('derived from patient data');
    expect(await medlegoJson(home, 'show', 'stats')).toMatchObject({
      manifest: { config: { statistics: { derivedFromPatientData: true, images: 4 } } },
    });
  });

  it('--mergeable with --neighbours, --augment and --onto records what it built on', async () => {
    await medlegoJson(home, 'train', '--task', task('two'), ...quick, '-o', 'two');
    await medlegoJson(home, 'merge', 'two', '-o', 'base');
    const args = [
      '--mergeable',
      '--neighbours',
      'two',
      '--onto',
      'base',
      '--augment',
      'light',
      ...quick,
      '-o',
      'on-top',
    ];
    await medlegoJson(home, 'train', '--task', task('one'), ...args);
    expect(await medlegoJson(home, 'show', 'on-top')).toMatchObject({
      manifest: {
        config: { settings: { trainHead: false, neighbours: { kind: 'adapters' }, augment: { brightness: 0.1 } } },
        parents: [{ role: 'backbone' }, { role: 'dataset' }, { role: 'base' }, { role: 'neighbour' }],
      },
    });
  });
});
