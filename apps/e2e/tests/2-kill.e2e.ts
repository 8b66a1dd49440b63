import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import {
  jobProcesses,
  openSite,
  openUndisturbed,
  sendSignal,
  storeInputs,
  tinyTasks,
  trainingOf,
  type Service,
  type Site,
} from '../src/index.ts';

const kills = Number(process.env['E2E_KILLS'] ?? 10);
const epochs = 20;
const targets = ['trainer', 'merger', 'evaluator', 'job'] as const;

it(`nothing is lost, stuck or published twice when processes are killed at ${kills} instants`, async () => {
  const site = await openSite();
  await storeInputs(site.store);
  const undisturbed = await openUndisturbed();
  const services = {
    trainer: await site.serve('trainer'),
    merger: await site.serve('merger'),
    evaluator: await site.serve('evaluator'),
  };
  const { training, merging, evaluation } = await site.clients(services);
  const acknowledged = new Map<string, { readonly what: string; readonly expected: string | undefined }>();

  const train = async (task: string, seed: number) => {
    const request = { requestId: `train-${task}-${seed}`, spec: trainingOf(task, seed, epochs, `${task}-${seed}`) };
    const { id } = (await training.submitTraining(request)).run!;
    acknowledged.set(id, { what: request.requestId, expected: await undisturbed.train(task, seed, epochs) });
    return id;
  };
  const merge = async (round: number) => {
    const threshold = 0.5 + round / 1000;
    const recipe = {
      method: 'med-lego',
      paramsJson: JSON.stringify({ threshold }),
      members: tinyTasks.map((task) => ({ specialist: `${task}-0` })),
    };
    const { id } = (await merging.submitMerge({ requestId: `merge-${round}`, name: 'g', recipe })).run!;
    const members = tinyTasks.map((task) => `${task}-0`);
    acknowledged.set(id, { what: `merge-${round}`, expected: await undisturbed.merge(members, threshold) });
  };
  const evaluate = async (round: number) => {
    const request = { requestId: `evaluate-${round}`, artifact: `${tinyTasks[0]}-0`, split: 'test' };
    const { id } = (await evaluation.submitEvaluation(request)).run!;
    acknowledged.set(id, { what: request.requestId, expected: undefined });
  };

  for (const run of await site.allEnded(await Promise.all(tinyTasks.map((task) => train(task, 0)))))
    expect(run).toMatchObject({ state: 'succeeded' });

  for (let round = 1; round <= kills; round++) {
    // All at once, so that the kill meets one that is being submitted, one that runs, one that ends.
    const work = [train(tinyTasks[round % 2]!, round), merge(round), ...(round % 2 === 0 ? [evaluate(round)] : [])];
    const afterMs = randomInt(0, 2500);
    await sleep(afterMs); // the random instant
    await kill(targets[round % targets.length]!, services, site);
    await Promise.all(work);
  }

  const runs = await site.allEnded([...acknowledged.keys()]);
  expect(runs.map(({ id, state, error }) => ({ what: acknowledged.get(id)!.what, state, error }))).toEqual(
    [...acknowledged.values()].map(({ what }) => ({ what, state: 'succeeded', error: null })),
  );
  for (const { id, artifact } of runs) {
    const { what, expected } = acknowledged.get(id)!;
    if (expected !== undefined) expect({ what, artifact }).toEqual({ what, artifact: expected });
  }
  // The same specialist, measured again and again beside kills, gives one report.
  const reports = runs.filter(({ kind }) => kind === 'evaluation').map(({ artifact }) => artifact);
  expect(new Set(reports).size).toBe(1);

  const merged = runs.filter(({ kind }) => kind === 'merging').map(({ artifact }) => artifact);
  await site.hasVersions('g', merged);
  await vi.waitFor(async () => {
    const specialists = await Promise.all(
      runs.filter(({ kind }) => kind === 'training').map(({ name }) => site.registry.names.get('specialist', name)),
    );
    expect(specialists.map((name) => name.versions.length)).toEqual(specialists.map(() => 1));
  }, 60_000);
  expect((await site.store.verify()).problems).toEqual([]);
  expect(await site.bus.deadLetters.list()).toEqual([]);
  await vi.waitFor(async () => expect(await jobProcesses(site.folder)).toEqual([]), 60_000);
});

async function kill(
  target: (typeof targets)[number],
  services: { readonly trainer: Service; readonly merger: Service; readonly evaluator: Service },
  { folder }: Site,
): Promise<void> {
  if (target !== 'job') {
    await services[target].kill('SIGKILL');
    return services[target].start();
  }
  const [pid] = await jobProcesses(join(folder, 'trainer-1'));
  if (pid !== undefined) sendSignal(pid, 'SIGKILL');
}
