import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { storeTinySpecialists, storeTinyVariant } from '@medlego/workflows/testing';
import { expect, it, vi } from 'vitest';
import { openSite, publishSpecialist, storeInputs, tinyTasks, trainerOfNothing, trainingOf } from '../src/index.ts';

const runs = 100;
const patience = { timeout: 90_000, interval: 250 };

it(`two trainers start each of ${runs} runs once`, async () => {
  const site = await openSite();
  await storeTinySpecialists(site.storeFolder, tinyTasks);
  await storeInputs(site.store);
  const trainers = [await site.serve('trainer', 1, trainerOfNothing), await site.serve('trainer', 2, trainerOfNothing)];
  const clients = await Promise.all(trainers.map((trainer) => site.clients({ trainer })));
  const ids = await Promise.all(
    Array.from({ length: runs }, async (_, i) => {
      const request = { requestId: `run-${i}`, spec: trainingOf('blood', i, 1, `run-${i}`) };
      // Every tenth is sent to both, as by a client that has lost an answer.
      const both = i % 10 === 0 ? clients : [clients[i % 2]!];
      const answers = await Promise.all(both.map(({ training }) => training.submitTraining(request)));
      expect(new Set(answers.map(({ run }) => run!.id)).size).toBe(1);
      return answers[0]!.run!.id;
    }),
  );
  const ended = await site.allEnded(ids);
  expect(ended.map(({ state, attempts }) => [state, attempts])).toEqual(ids.map(() => ['succeeded', 1]));
  const starts = (await readFile(join(site.folder, 'starts'), 'utf8')).trim().split('\n');
  expect(starts.sort()).toEqual(ids.sort());
  // Told once each, and no claim is left behind.
  await vi.waitFor(async () => {
    for (const { name } of ended) expect((await site.registry.names.get('specialist', name)).versions).toHaveLength(1);
    expect(await site.registry.documents.list('job-claim')).toEqual([]);
  }, patience);
});

it('two mergers and two evaluators make one version and one decision of each specialist', async () => {
  const site = await openSite();
  await storeTinySpecialists(site.storeFolder, tinyTasks);
  await storeInputs(site.store);
  const trainer = await site.serve('trainer');
  const [merger] = await Promise.all([site.serve('merger', 1), site.serve('merger', 2)]);
  await Promise.all([site.serve('evaluator', 1), site.serve('evaluator', 2)]);
  const { merging } = await site.clients({ trainer, merger });
  const recipe = { method: 'med-lego', paramsJson: '{"threshold":0.9}' };
  await merging.trackTasks({ track: { generalist: 'g', tasks: [...tinyTasks], recipe, autoPromote: true } });
  for (const task of tinyTasks)
    await publishSpecialist(await storeTinyVariant(site.store, task, { adapter: 0.25 }), task, site);
  const name = () => site.registry.names.history('generalist', 'g');
  await vi.waitFor(async () => expect((await name()).decisions).toHaveLength(1), patience);
  for (let seed = 1; seed <= 2; seed++) {
    await publishSpecialist(await storeTinyVariant(site.store, 'blood', { adapter: 0.25, seed }), 'blood', site);
    await vi.waitFor(async () => expect((await name()).versions).toHaveLength(1 + seed), patience);
  }
  // Decisions may leave out versions that were overtaken before they were measured; the newest one is always decided about, once.
  await vi.waitFor(async () => expect((await name()).decisions.at(-1)).toMatchObject({ version: 3 }), patience);
  const { versions, decisions } = await name();
  expect(new Set(versions.map(({ digest }) => digest)).size).toBe(3);
  const decided = decisions.map(({ version }) => version);
  expect(new Set(decided).size).toBe(decided.length);
  const merges = await site.registry.runs.list({ kinds: ['merging'] });
  expect(merges.runs.filter(({ state }) => state === 'succeeded')).toHaveLength(3);
  expect(await site.bus.deadLetters.list()).toEqual([]);
});
