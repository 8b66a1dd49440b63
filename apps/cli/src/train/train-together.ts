import { join } from 'node:path';
import type { Dataset } from '@medlego/data';
import { InvalidValueError } from '@medlego/errors';
import { shortDigest } from '../workspace.ts';
import { neighbourNames, settingsOf } from './options.ts';
import { followRun, openTask, percent, type TrainRun } from './train-run.ts';

/** Trains one adapter with a head per task on all tasks together. */
export async function trainTogether(run: TrainRun): Promise<void> {
  const { context, options, store, backbone, engine } = run;
  const { out } = context;
  if (options.stats)
    throw new InvalidValueError({
      field: '--stats',
      expected: 'to be left out of joint training, whose result is not merged',
      actual: options.stats.join(),
    });
  const { joinTasks } = await import('@medlego/workflows');
  const datasets: Dataset[] = [];
  for (const task of options.task) datasets.push(await openTask(run, task));
  const name = options.output ?? 'joint';
  const follower = followRun(context, name);
  const { artifact, trained } = await joinTasks({
    engine,
    store,
    backbone,
    datasets,
    name,
    signal: context.signal,
    checkpointFolder: join(context.home, 'runs', name),
    settings: await settingsOf(options),
    onto: options.onto,
    neighbours: neighbourNames(options),
    onReport: follower.onReport,
  }).finally(() => follower.stop());
  out.line(
    `Stored generalist ${name} (${shortDigest(artifact.digest)}), trained on ${trained.tasks.length} tasks together, best epoch ${trained.best.epoch}.`,
  );
  out.table(
    [{ title: 'Task' }, ...['Validation', 'Test', 'Probe'].map((title) => ({ title, align: 'right' as const }))],
    trained.tasks.map(({ task, val, test, probe }) => [
      task.name,
      percent(val['acc']),
      percent(test?.['acc']),
      percent((probe.test ?? probe.val)['acc']),
    ]),
  );
  out.document({
    artifact: artifact.digest,
    name,
    epochs: trained.settings.epochs,
    best: { epoch: trained.best.epoch, val: trained.best.val },
    tasks: trained.tasks.map(({ task, val, test, probe, beatsProbe }) => ({
      task: task.name,
      val,
      test,
      probe: { val: probe.val, test: probe.test },
      beatsProbe,
    })),
    imagesPerSecond: trained.imagesPerSecond,
  });
}
