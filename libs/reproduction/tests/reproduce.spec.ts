import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startNode, suiteFolder, temporaryFolder } from '@medlego/testing';
import { parseHTML } from 'linkedom';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '@medlego/engine';
import {
  runCurves,
  runTable,
  curvesDocument,
  resultsDocument,
  writeCurves,
  writeMedmnistResults,
  writeResults,
  type TableRun,
} from '../src/index.ts';
import { sampleData, tinyContext, tinyCurves, tinyEngine, tinyTable } from '../src/testing/tiny-run.ts';

const data = { folder: sampleData, limit: 60 };
const made = (seconds: number) => ({
  command: 'medlego reproduce table1',
  machine: 'a machine',
  backbone: { name: 'tiny', digest: 'sha256:0' },
  versions: {},
  seconds,
});
/** The part of the document that does not depend on where and when it was made. */
const resultOf = (run: TableRun) => {
  const { made: _, ...document } = resultsDocument(run, made(1));
  return JSON.stringify(document);
};

describe('a tiny table on real images', { timeout: 120_000 }, () => {
  const folder = suiteFolder();
  let engine: Engine;
  let first: TableRun;

  beforeAll(async () => {
    engine = await tinyEngine();
    first = await runTable(await tinyContext(engine, folder), { config: tinyTable(), data });
    return () => engine.dispose();
  }, 120_000);

  it('has every row, with the lower ones first and re-fitted heads beside their merge', () => {
    expect(first.rows.map(({ id }) => id)).toEqual([
      'majority',
      'probe',
      'specialists.paper',
      'unadapted.paper',
      'med-lego.paper',
      'med-lego.paper.refit',
      'average.paper',
      'specialists.mergeable',
      'unadapted.mergeable',
      'med-lego.mergeable',
      'med-lego.mergeable.refit',
    ]);
    const { rows } = resultsDocument(first, made(1));
    expect(rows.find(({ id }) => id === 'med-lego.mergeable')).toMatchObject({
      row: 'Med-LEGO',
      method: 'med-lego',
      specialists: 'mergeable',
      dataFree: true,
      tuned: false,
      headsRefitted: false,
    });
    for (const row of rows) {
      expect(Object.keys(row.tasks)).toEqual(['busibreast', 'pbcblood']);
      for (const { acc, interval } of Object.values(row.tasks)) {
        expect(interval![0]).toBeLessThanOrEqual(acc);
        expect(interval![1]).toBeGreaterThanOrEqual(acc);
      }
      expect(row.mean).toBeCloseTo(Object.values(row.tasks).reduce((sum, { acc }) => sum + acc, 0) / 2, 12);
    }
  });

  it('holds anchored specialists without their adapters to be the probe, exactly', () => {
    const { rows } = resultsDocument(first, made(1));
    const tasksOf = (id: string) => rows.find((row) => row.id === id)!.tasks;
    for (const task of ['busibreast', 'pbcblood'])
      expect(tasksOf('unadapted.mergeable')[task]!.acc).toBe(tasksOf('probe')[task]!.acc);
  });

  it('reads everything in a second run and says the same', async () => {
    const again = await runTable(await tinyContext(engine, folder), { config: tinyTable(), data });
    expect(again.specialists).toMatchObject({ trained: 0, found: 8 });
    expect(again.cached.misses).toBe(0);
    expect(resultOf(again)).toBe(resultOf(first));
  });

  it('computes only what a changed configuration adds', async () => {
    const config = tinyTable({
      rows: [{ row: 'Sum', method: 'average', params: { normalize: 'none' }, sorts: ['paper'] }],
      figures: {},
    });
    const run = await runTable(await tinyContext(engine, folder), { config, data });
    expect(run.specialists.trained).toBe(0);
    expect(run.cached.misses).toBe(2);
  });

  it('leaves out a row that its method refuses, names it with the reason, and makes all others', async () => {
    const notes: string[] = [];
    const config = tinyTable({
      rows: [
        { row: 'RegMean', method: 'regmean', sorts: ['paper'] },
        { row: 'Average', method: 'average', sorts: ['paper'] },
      ],
      figures: {},
    });
    const run = await runTable(await tinyContext(engine, folder, { onNote: (note) => notes.push(note) }), {
      config,
      data,
    });
    expect(run.failed).toEqual([
      { id: 'regmean.paper', row: 'RegMean', sort: 'paper', seed: 0, error: expect.stringMatching(/statistics|gram/i) },
    ]);
    expect(notes.join('\n')).toContain('Row regmean.paper is left out');
    const document = resultsDocument(run, made(1));
    expect(document.rows.map(({ id }) => id)).toContain('average.paper');
    expect(document.rows.map(({ id }) => id)).not.toContain('regmean.paper');
    const [, , markdown, page] = await Promise.all(
      (await writeResults(temporaryFolder(), document)).map((file) => readFile(file, 'utf8')),
    );
    for (const text of [markdown, page]) expect(text).toMatch(/Missing: RegMean \(paper\), seed 0: /);
  });

  it('names a specialist that lost a file, rebuilds it and says the same', async () => {
    const notes: string[] = [];
    const context = await tinyContext(engine, folder, { onNote: (note) => notes.push(note) });
    const artifact = await context.store.get('mirror.paper.pbcblood.s1');
    const { digest } = artifact.manifest.files['adapter_model.safetensors']!;
    const hex = digest.replace('sha256:', '');
    const blobs = join(folder, 'store', 'blobs');
    const found = (await readdir(blobs, { recursive: true })).find((path) =>
      path.replaceAll(/[/\\]/g, '').endsWith(hex),
    );
    await rm(join(blobs, found!));
    const run = await runTable(context, { config: tinyTable(), data });
    expect(run.specialists).toMatchObject({ trained: 1, rebuilt: ['mirror.paper.pbcblood.s1'] });
    expect(notes.join('\n')).toMatch(/mirror\.paper\.pbcblood\.s1 has lost a file .*adapter_model\.safetensors/);
    expect(resultOf(run)).toBe(resultOf(first));
  });

  it('writes Markdown, CSV, JSON and a page that loads nothing, the same for the same run', async () => {
    const out = temporaryFolder();
    const files = await writeResults(out, resultsDocument(first, made(1)));
    expect(files.map((file) => file.slice(out.length + 1))).toEqual([
      'table1-mirror.json',
      'table1-mirror.csv',
      'table1-mirror.md',
      'table1-mirror.html',
    ]);
    const [json, csv, markdown, page] = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    expect(JSON.parse(json!)).toMatchObject({ table: 'table1', setting: 'mirror', seeds: [0, 1] });
    expect(csv!.split('\n')).toHaveLength(1 + 11 * 3 + 1);
    expect(markdown).toMatch(/Leak check/);
    expect(page).not.toMatch(/<script|@import|url\(|https?:|undefined|NaN|\[object/);
    const { document } = parseHTML(page!) as unknown as {
      document: { querySelectorAll(selector: string): { length: number } };
    };
    expect(document.querySelectorAll('svg.plot').length).toBeGreaterThan(6);
    await writeResults(out, resultsDocument(first, made(1)));
    expect(await readFile(files[3]!, 'utf8')).toBe(page);
  });

  it('exports scores as MedMNIST names and writes them', async () => {
    const out = temporaryFolder();
    expect(await writeMedmnistResults(out, first)).toBe(11 * 2 * 2);
    const names = await readdir(out);
    const name = names.find((file) => file.includes('pbcblood') && file.includes('@probe-s0'))!;
    expect(name).toMatch(/^pbcblood_test_\[AUC\][01]\.\d{3}_\[ACC\][01]\.\d{3}@probe-s0\.csv$/);
    const lines = (await readFile(join(out, name), 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(60);
    const [index, ...scores] = lines[7]!.split(',').map(Number);
    expect(index).toBe(7);
    expect(scores).toHaveLength(8);
    expect(scores.reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 5);
  });

  it('goes on after it was killed and says what an undisturbed run says', async () => {
    const killed = temporaryFolder();
    const script = join(import.meta.dirname, '..', 'src', 'testing', 'run-child.ts');
    const child = startNode([script, killed]);
    await child.waitFor(/specialists .*busibreast\.s1/);
    await child.kill();
    const run = await runTable(await tinyContext(engine, killed), { config: tinyTable(), data });
    expect(run.specialists.found).toBeGreaterThan(0);
    expect(run.specialists.trained).toBeGreaterThan(0);
    expect(resultOf(run)).toBe(resultOf(first));
  });

  it('draws a new task from several starts, without members that are the new task', async () => {
    const context = await tinyContext(engine, folder);
    const config = tinyCurves({ newTasks: ['oaiknee', 'busibreast'] });
    const run = await runCurves(context, { config, data });
    expect(run.specialists.trained).toBe(0);
    expect(run.lines.map(({ task, start, members }) => [task, start, members])).toEqual([
      ['oaiknee', 'Plain backbone', []],
      ['oaiknee', 'Merge', ['busibreast', 'pbcblood']],
      ['busibreast', 'Plain backbone', []],
      ['busibreast', 'Merge', ['pbcblood']],
    ]);
    for (const { curves } of run.lines)
      expect(curves.map(({ points }) => points.map(({ epoch }) => epoch))).toEqual([
        [0, 1, 2],
        [0, 1, 2],
      ]);
    const document = curvesDocument(run, made(1));
    const out = temporaryFolder();
    const files = await writeCurves(out, document);
    expect(await readFile(files[3]!, 'utf8')).not.toMatch(/<script|undefined|NaN|\[object/);
    const again = curvesDocument(await runCurves(context, { config, data }), made(1));
    expect(again).toEqual(document);
  });
});
