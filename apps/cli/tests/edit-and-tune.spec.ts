import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suiteFolder } from '@medlego/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { medlego, medlegoJson } from './medlego.ts';
import { noiseTask } from './noise-task.ts';

type Stored = { artifact: string };

/** Recipes and heads of generalists of three noise tasks, on a backbone of random weights: what they know does not matter here. */
describe('tune, edit and refit', { timeout: 240_000 }, () => {
  const home = suiteFolder();
  const file = (name: string) => join(home, 'tasks', name);
  const merge = (...args: string[]) => medlegoJson<Stored>(home, 'merge', ...args);
  const refused = async (...args: string[]) => {
    const { code, stdout } = await medlego(home, ...args, '--json');
    expect(code).toBe(64);
    return (JSON.parse(stdout) as { error: { code: string; message: string } }).error;
  };
  let both: string;
  let all: string;

  beforeAll(async () => {
    await mkdir(join(home, 'tasks'));
    const tasks = ['one', 'two', 'three'];
    for (const [index, name] of tasks.entries()) await writeFile(file(`${name}.npz`), noiseTask(index + 3));
    await medlegoJson(home, 'backbone', 'init', 'vit-nano', '-o', 'small');
    await medlegoJson(
      home,
      ...['train', '--task', tasks.map((name) => file(`${name}.npz`)).join(','), '--backbone', 'small'],
      ...['--epochs', '1', '--lr', '3e-3', '--head-init', 'random', '--threads', '1', '-o', '{task}'],
    );
    both = (await merge('one', 'two', '-o', 'both')).artifact;
    all = (await merge('three', 'one', 'two', '-o', 'all')).artifact;
  }, 240_000);

  it('edit equals merging at once: what is removed was never there, what is added always, weights included', async () => {
    const removed = await medlegoJson<Stored>(home, 'edit', 'all', '--remove', 'three', '-o', 'less');
    expect(removed).toMatchObject({ artifact: both, from: all });
    const added = await medlegoJson<Stored>(home, 'edit', 'both', '--add', 'three', '-o', 'more');
    expect(added).toMatchObject({
      artifact: all,
      changes: [
        { task: 'one', change: 'kept' },
        { task: 'three', change: 'added', energyBefore: null },
        { task: 'two', change: 'kept' },
      ],
    });
    const { artifact } = await merge('one', 'two', '--weights', '1,-0.5', '-o', 'weighed');
    const name = 'less'; // gets a new version
    expect(await medlegoJson(home, 'edit', name, '--weight', 'two=-0.5')).toMatchObject({ artifact, name });
    expect(await medlegoJson(home, 'show', name)).toMatchObject({ artifact });
  });

  it('edit refuses what is no member, no change, and heads together with other changes', async () => {
    const [stranger, unchanged, mixed] = await Promise.all([
      refused('edit', 'both', '--remove', 'three'),
      refused('edit', 'both'),
      refused('edit', 'both', '--remove', 'one', '--heads', 'some'),
    ]);
    expect(stranger).toMatchObject({ code: 'member_edit' });
    expect(unchanged).toMatchObject({ code: 'invalid_value' });
    expect(mixed).toMatchObject({ facts: { field: '--heads' } });
  });

  it('tune saves a recipe that merge makes the same generalist from', async () => {
    const [recipe, report] = [file('recipe.yaml'), file('report.html')];
    const tuned = await medlegoJson<{
      artifact: string;
      candidates: { objective: number }[];
      best: { objective: number; point: Record<string, number> };
      start: { objective: number };
      gain: { interval: number[] };
    }>(
      home,
      ...['tune', 'both', '--search', 'lambda=0.5..40', '--search', 'weights.two=-1..1', '--budget', '8'],
      ...['--metric', 'loss', '--save', recipe, '--report', report, '-o', 'tuned', '--threads', '1'],
    );
    expect(tuned).toMatchObject({ startedFrom: both, recipe: { tuned: { split: 'val', metric: 'loss' } } });
    expect(tuned.candidates).toHaveLength(8);
    expect(tuned.best.objective).toBe(Math.max(...tuned.candidates.map(({ objective }) => objective)));
    expect(tuned.best.objective).toBeGreaterThan(tuned.start.objective);
    expect(tuned.gain.interval).toHaveLength(2);
    expect(tuned.artifact).not.toBe(both);
    expect((await merge('--recipe', recipe, '-o', 'again')).artifact).toBe(tuned.artifact);
    expect(await medlegoJson(home, 'show', 'again')).toMatchObject({
      manifest: { config: { recipe: { params: { lambda: tuned.best.point['lambda'] } }, tuned: { candidates: 8 } } },
    });
    const page = await readFile(report, 'utf8');
    for (const text of ['Gain over the start', '<svg', 'weights.two']) expect(page).toContain(text);
    expect(page).not.toMatch(/NaN|undefined|https?:\/\/(?!www\.w3\.org)/);
  });

  it('tune takes specialists and another method too, and refuses a search that makes no sense', async () => {
    const { code, stdout } = await medlego(
      home,
      ...['tune', 'one', 'two', '--method', 'ties', '--search', 'density', '--budget', '2,10m', '--threads', '1'],
    );
    expect(code).toBe(0);
    for (const text of ['0 (start)', '2 candidates measured', 'method: ties', 'Gain over the start'])
      expect(stdout).toContain(text);
    const [misspelt, vague, doubled] = await Promise.all([
      refused('tune', 'both', '--search', 'lamda=0..1'),
      refused('tune', 'both', '--budget', 'much'),
      refused('merge', 'one', '--recipe', file('recipe.yaml')),
    ]);
    expect(misspelt.message).toContain('Did you mean lambda?');
    expect(vague).toMatchObject({ code: 'usage' });
    expect(doubled).toMatchObject({ code: 'invalid_value' });
  });

  it('refit marks the heads, and a head that travelled as a file makes the same generalist', async () => {
    const refitted = await medlegoJson<Stored>(
      home,
      ...['refit', 'both', '--members', 'one', '-o', 'refitted', '--threads', '1'],
    );
    expect(refitted).toMatchObject({ from: both, heads: [{ task: 'one', images: 24 }] });
    expect(await medlegoJson(home, 'show', 'refitted')).toMatchObject({
      manifest: { config: { headsRefitted: { one: { images: 24 } } } },
    });
    const evaluated = await medlegoJson(
      home,
      ...['evaluate', 'refitted', '--split', 'val', '--against', 'majority', '--threads', '1'],
    );
    expect(evaluated).toMatchObject({ headsRefitted: ['one'] });

    const head = file('head.safetensors');
    const written = await medlegoJson(
      home,
      ...['refit', 'both', '--task', file('one.npz'), '--head-out', head, '--threads', '1'],
    );
    expect(written).toMatchObject({ file: head, from: both });
    const brought = await medlegoJson<Stored>(home, 'edit', 'both', '--heads', head, '-o', 'brought');
    expect(brought.artifact).toBe(refitted.artifact);
    expect(await refused('edit', 'all', '--heads', head)).toMatchObject({ code: 'invalid_value' });
  });
});
