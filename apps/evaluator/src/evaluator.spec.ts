import { join } from 'node:path';
import { openEngine, type Engine } from '@medlego/engine';
import { PromotionOutcome, RunState } from '@medlego/contracts/rpc';
import { AbortedError, InvalidValueError } from '@medlego/errors';
import { suiteFolder } from '@medlego/testing';
import { storeTinyVariant } from '@medlego/workflows/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Evaluate } from './evaluate-inline.ts';
import { platform, succeeded, tasks, trainStore, type PlatformOptions } from './testing/platform.ts';

const trained = join(suiteFolder(), 'trained');
let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ intraOpThreads: 1 });
  await trainStore(trained, engine);
});
afterAll(() => engine?.dispose());

const open = (options: Partial<PlatformOptions> = {}) => platform({ trained, engine, ...options });
const recipe = { method: 'med-lego', paramsJson: '{"threshold":0.99}' };
const track = { generalist: 'g', tasks: [...tasks], recipe, autoPromote: true };

describe('a generalist that lives', () => {
  it('is merged, evaluated and promoted by events alone, and goes on serving when a bad specialist comes', async () => {
    const { store, merging, evaluation, seen, publish, eventually, serving, start, registry } = await open({
      evaluators: 2,
    });
    start();
    await merging.trackTasks({ track });
    for (const task of tasks) await publish(task);
    await eventually(async () => expect(await serving()).toBe(1));
    await eventually(() =>
      expect(seen.map(({ type }) => type)).toEqual(['generalist.merged', 'report.published', 'generalist.promoted']),
    );
    const promoted = (await evaluation.listPromotions({ generalist: 'g' })).promotions;
    expect(promoted).toMatchObject([
      { version: 1, outcome: PromotionOutcome.PROMOTION_OUTCOME_PROMOTED, by: 'evaluator' },
    ]);
    expect(promoted[0]!.reason).toContain('of 2 tasks');
    expect((await store.get(promoted[0]!.report, { kind: 'report' })).manifest.parents).toEqual([
      { digest: promoted[0]!.artifact, role: 'subject' },
    ]);

    await publish('blood', { head: -1 }); // says the opposite of what it has learnt
    await eventually(() => expect(seen.at(-1)!.type).toBe('generalist.refused'));
    expect(await serving()).toBe(1);
    const refused = (await evaluation.listPromotions({ generalist: 'g' })).promotions.at(-1)!;
    expect(refused).toMatchObject({ version: 2, outcome: PromotionOutcome.PROMOTION_OUTCOME_REFUSED });
    expect(refused.reason).toMatch(/^blood: AUC .* is below the .* of its probe/);
    expect(refused.report).toMatch(/^sha256:/);
    expect((await registry.documents.get('verdict.g.2'))?.value).toMatchObject({
      passes: false,
      report: refused.report,
    });
    expect(seen.filter(({ type }) => type === 'generalist.merged')).toHaveLength(2);
  });

  it('waits for somebody to promote it if it does not do so itself', async () => {
    const { merging, evaluation, registry, publish, eventually, serving, start } = await open();
    start();
    await merging.trackTasks({ track: { ...track, autoPromote: false } });
    for (const task of tasks) await publish(task);
    await eventually(async () =>
      expect((await registry.documents.get('verdict.g.1'))?.value).toMatchObject({ passes: true }),
    );
    expect(await serving()).toBeNull();
    const { promotion } = await evaluation.promote({ generalist: 'g', version: 1 });
    expect(promotion).toMatchObject({
      version: 1,
      by: 'anonymous',
      report: expect.stringMatching(/^sha256:/) as string,
    });
    expect(await serving()).toBe(1);
  });

  it('is refused with the reason when it cannot be evaluated', async () => {
    const evaluate = async () => {
      throw new InvalidValueError({ field: 'images', expected: 'some', actual: 'none' });
    };
    const { seen, merge, eventually, start } = await open({ evaluate });
    start();
    await merge('m', tasks);
    await eventually(() => expect(seen.at(-1)!.type).toBe('generalist.refused'));
    expect(seen.at(-1)!.data).toMatchObject({
      version: 1,
      reason: 'It could not be evaluated: images: expected some, got none.',
    });
  });
});

describe('evaluator', () => {
  it('evaluates what it is asked for, once, and puts reports side by side', async () => {
    const { store, evaluation, inState, start, seen, eventually } = await open();
    start();
    const request = { requestId: 'e1', artifact: 'blood', split: 'val', against: ['probe', 'majority'] };
    const { id } = (await evaluation.submitEvaluation(request)).run!;
    const done = await inState(id, succeeded);
    expect((await evaluation.submitEvaluation(request)).run!.id).toBe(id);
    expect(done).toMatchObject({ name: 'blood', attempts: 1 });
    await eventually(() => expect(seen.map((event) => event.id)).toEqual([`${id}-report`]));
    const { digest } = await store.get('blood', { kind: 'specialist' });
    const { comparisonJson } = await evaluation.compareReports({ refs: ['blood', done.artifact] });
    const { reports } = JSON.parse(comparisonJson) as { reports: Record<string, unknown>[] };
    expect(reports).toMatchObject([
      { ref: 'blood', report: done.artifact, artifact: digest, split: 'val', tasks: [{ task: 'blood' }] },
      { ref: done.artifact, report: done.artifact },
    ]);
    await expect(evaluation.compareReports({ refs: ['breast'] })).rejects.toMatchObject({
      code: 'artifact_not_found',
      facts: { ref: 'breast', wanted: 'report' },
    });
  });

  it('refuses what cannot be evaluated, by name, and cancels what waits', async () => {
    const { evaluation, inState, start } = await open();
    const submit = (change: object) => evaluation.submitEvaluation({ requestId: 'e', artifact: 'blood', ...change });
    await expect(submit({ split: 'train' })).rejects.toThrow('split: expected test or val');
    await expect(submit({ against: ['friends'] })).rejects.toThrow('against');
    await expect(submit({ artifact: 'gone' })).rejects.toMatchObject({ code: 'artifact_not_found' });
    const { id } = (await submit({})).run!;
    await evaluation.cancelEvaluation({ id, reason: 'no' });
    start();
    await inState(id, RunState.RUN_STATE_CANCELLED);
  });

  it('promotes by hand what passes the gate or is forced, and rolls back', async () => {
    const { store, evaluation, seen, merge, eventually, serving, start } = await open();
    const types = () => seen.map(({ type }) => type).filter((type) => /promoted|rolled|refused/.test(type));
    const promote = (request: object) => evaluation.promote({ generalist: 'g', ...request });
    start();
    await expect(promote({ version: 1 })).rejects.toMatchObject({ code: 'name_not_found' });
    await merge('first', tasks);
    await eventually(() => expect(seen.map(({ type }) => type)).toContain('report.published'));
    await merge('second', [await storeTinyVariant(store, 'blood', { head: -1 }), 'breast']);
    await eventually(() => expect(types()).toEqual(['generalist.refused']));

    await expect(promote({ version: 7 })).rejects.toMatchObject({ code: 'name_not_found' });
    await expect(promote({})).rejects.toMatchObject({ code: 'gate_refused', facts: { version: 2 } });
    await expect(evaluation.rollBack({ generalist: 'g' })).rejects.toThrow('expected a version that is served');
    await promote({ version: 1, reason: 'the first' });
    const stale = promote({ version: 2, expectedServing: 0, force: true });
    await expect(stale).rejects.toMatchObject({ code: 'revision_conflict' });
    await promote({ expectedServing: 1, force: true });
    expect(await serving()).toBe(2);
    await evaluation.rollBack({ generalist: 'g', reason: 'worse' });
    expect(await serving()).toBe(1);

    const { promotions } = await evaluation.listPromotions({ generalist: 'g' });
    const { PROMOTION_OUTCOME_PROMOTED: promoted, PROMOTION_OUTCOME_REFUSED: refused } = PromotionOutcome;
    expect(promotions.map(({ version, outcome, reason }) => [version, outcome, reason])).toEqual([
      [2, refused, expect.stringContaining('of its probe')],
      [1, promoted, 'the first'],
      [2, promoted, 'Forced, past the gate.'],
      [1, PromotionOutcome.PROMOTION_OUTCOME_ROLLED_BACK, 'worse'],
    ]);
    const told = ['refused', 'promoted', 'promoted', 'rolled-back'].map((what) => `generalist.${what}`);
    await eventually(() => expect(types()).toEqual(told));
  });

  it('promotes nothing that nobody has measured', async () => {
    const evaluate: Evaluate = (_run, { signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(new AbortedError({ what: 'It' }))));
    const { evaluation, merge, start } = await open({ evaluate });
    start();
    await merge('first', tasks);
    await expect(evaluation.promote({ generalist: 'g', version: 1 })).rejects.toMatchObject({
      code: 'gate_refused',
      facts: { reasons: [expect.stringContaining('not evaluated on test images yet')] },
    });
    expect((await evaluation.listPromotions({ generalist: 'g' })).promotions).toEqual([]);
  });

  it('does what a crash may have cut off again without an effect', async () => {
    const { registry, merging, evaluation, publish, eventually, serving, start, startLater, forgetAnnounced, seen } =
      await open({ evaluators: 2, started: 1 });
    start();
    await merging.trackTasks({ track });
    for (const task of tasks) await publish(task);
    await eventually(async () => expect(await serving()).toBe(1));
    await publish('blood', { seed: 2 });
    await eventually(async () => expect(await serving()).toBe(2));
    await evaluation.rollBack({ generalist: 'g' });
    await eventually(() => expect(seen.at(-1)!.type).toBe('generalist.rolled-back'));
    await eventually(async () => expect(await registry.documents.list('announced')).toHaveLength(4));
    const [before, told] = [await registry.names.get('generalist', 'g'), seen.length];
    await forgetAnnounced();
    startLater();
    await eventually(async () => expect(await registry.documents.list('announced')).toHaveLength(2));
    expect(await registry.names.get('generalist', 'g')).toEqual(before);
    expect(seen).toHaveLength(told);
  });
});
