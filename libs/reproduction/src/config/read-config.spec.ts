import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, workspaceRoot } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { specialistSettings } from '../run/training-settings.ts';
import { tinyTable } from '../testing/tiny-run.ts';
import { readConfig } from './read-config.ts';

const folder = join(workspaceRoot(), 'docs', 'results', 'configs');
const thrown = (body: () => unknown) => {
  try {
    body();
  } catch (error) {
    return error as { message: string; facts: Record<string, unknown> };
  }
  throw new Error('nothing was thrown');
};

describe('the committed configurations', () => {
  it.each(readdirSync(folder).filter((name) => name.endsWith('.yaml')))(
    '%s is right, its training settings included',
    async (name) => {
      const config = await readConfig(join(folder, name));
      const isTable = /^(table|fig)/.test(name);
      if (isTable) expect(`${config.table}-${config.setting}.yaml`).toBe(name);
      expect(config.seeds.length).toBeGreaterThanOrEqual(isTable ? 3 : 1);
      for (const [id, sort] of Object.entries(config.sorts))
        for (const task of ['', ...Object.keys(sort.tasks)]) expect(specialistSettings(id, sort, task, 3).seed).toBe(3);
    },
  );
});

it('tables of one setting train the tasks that they share alike, so that each specialist is trained once', async () => {
  const [first, second, figure] = await Promise.all(
    ['table1', 'table2', 'fig2'].map((table) => readConfig(join(folder, `${table}-mirror.yaml`))),
  );
  for (const config of [second!, figure!])
    for (const [id, sort] of Object.entries(first!.sorts))
      for (const task of ['pneumoniamnist', 'mednist'])
        expect(specialistSettings(id, config.sorts[id]!, task, 0)).toEqual(specialistSettings(id, sort, task, 0));
  for (const task of ['nihcxr14', 'oaiknee'])
    expect(specialistSettings('paper', figure!.sorts['paper']!, task, 0)).toEqual(
      specialistSettings('paper', second!.sorts['paper']!, task, 0),
    );
  expect(specialistSettings('mergeable', second!.sorts['mergeable']!, 'oaiknee', 0).epochs).toBe(5);
});

describe('a configuration', () => {
  it('takes what it lacks from its base, and may not hold unknown keys itself', async () => {
    const own = temporaryFolder();
    await writeFile(join(own, 'a.yaml'), JSON.stringify({ ...tinyTable(), tasks: ['busibreast'] }));
    await writeFile(join(own, 'b.yaml'), 'base: a.yaml\ntable: table2\ntasks: [oaiknee]\n');
    await writeFile(
      join(own, 'd.yaml'),
      'base: a.yaml\nsorts: { paper: { settings: { epochs: 3 }, tasks: { oaiknee: { epochs: 2 } } } }\n',
    );
    await writeFile(join(own, 'c.yaml'), 'base: a.yaml\nsedes: [1]\n');
    expect(await readConfig(join(own, 'b.yaml'))).toMatchObject({
      table: 'table2',
      tasks: [{ name: 'oaiknee' }],
      seeds: [0, 1],
    });
    const { sorts } = await readConfig(join(own, 'd.yaml'));
    expect(Object.keys(sorts)).toEqual(['paper', 'mergeable']);
    expect(specialistSettings('paper', sorts['paper']!, 'busibreast', 0)).toMatchObject({ epochs: 3, batchSize: 16 });
    expect(specialistSettings('paper', sorts['paper']!, 'oaiknee', 0)).toMatchObject({ epochs: 2, batchSize: 16 });
    await expect(readConfig(join(own, 'c.yaml'))).rejects.toThrow('Did you mean seeds?');
  });

  it('names the nearest key at whatever depth', () => {
    const rows = [{ row: 'A', method: 'average', sorts: ['paper'], parms: {} }];
    expect(thrown(() => tinyTable({ rows })).message).toMatch(/rows\.0\.parms: .*Did you mean params\?$/);
    const tasks = [{ name: 'busibreast', titel: 'Breast' }];
    expect(thrown(() => tinyTable({ tasks })).message).toContain('Did you mean title?');
  });

  it.each([
    ['an unknown method', { rows: [{ row: 'A', method: 'averge', sorts: ['paper'] }] }, 'Did you mean average?'],
    ['an unknown sort', { rows: [{ row: 'A', method: 'average', sorts: ['papers'] }] }, 'Did you mean paper?'],
    [
      'two rows of one title',
      { rows: [0, 1].map(() => ({ row: 'A', method: 'average', sorts: ['paper'] })) },
      'A twice',
    ],
    [
      'a parameter that the method refuses',
      { rows: [{ row: 'A', method: 'average', params: { lambda: 'x' }, sorts: ['paper'] }] },
      'lambda',
    ],
    ['no seeds', { seeds: [] }, 'seeds'],
  ])('with %s is refused', (_, change, text) => {
    expect(thrown(() => tinyTable(change)).message).toContain(text);
  });
});
