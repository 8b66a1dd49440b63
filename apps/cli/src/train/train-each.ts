import { join } from 'node:path';
import { AppError, InvalidValueError, StoppedError } from '@medlego/errors';
import { shortDigest } from '../workspace.ts';
import { neighbourNames, settingsOf } from './options.ts';
import { followRun, openTask, percent, type TrainRun } from './train-run.ts';

/** The answer for one task. */
interface TrainedDocument {
  readonly artifact: string;
  readonly name: string;
  readonly task: string;
  readonly [key: string]: unknown;
}

/** Trains each task by itself. With several, one that fails does not stop the others; the exit code then says that one did. */
export async function trainEach(run: TrainRun): Promise<void> {
  const { context, options } = run;
  const { out } = context;
  const { task: tasks, output } = options;
  if (tasks.length > 1 && output !== undefined && !output.includes('{task}'))
    throw new InvalidValueError({
      field: '--output',
      expected: 'a name with {task} in it for several tasks',
      actual: output,
    });
  if (tasks.length === 1) return out.document(await trainOne(run, tasks[0]!));

  const trained: TrainedDocument[] = [];
  const failed: { task: string; error: { code: string; message: string } }[] = [];
  for (const task of tasks) {
    out.heading(task);
    try {
      trained.push(await trainOne(run, task));
    } catch (error) {
      if (error instanceof StoppedError || context.signal.aborted) throw error;
      const { code, message } = error instanceof AppError ? error : { code: 'internal', message: String(error) };
      failed.push({ task, error: { code, message } });
      out.warn(`${task} failed (${code}): ${message}`);
    }
  }
  out.line();
  out.line(`Trained ${trained.length} of ${tasks.length}: ${trained.map(({ name }) => name).join(', ') || 'none'}.`);
  if (failed.length > 0) {
    out.line(`Failed: ${failed.map(({ task }) => task).join(', ')}.`);
    process.exitCode = 1;
  }
  out.document({ trained, failed });
}

async function trainOne(run: TrainRun, task: string): Promise<TrainedDocument> {
  const { context, options, store, backbone, engine } = run;
  const { out } = context;
  const [{ describeComparison }, { trainTask }] = await Promise.all([
    import('@medlego/training'),
    import('@medlego/workflows'),
  ]);
  const dataset = await openTask(run, task);
  const name = options.output?.replaceAll('{task}', dataset.task.name) ?? dataset.task.name;
  const follower = followRun(context, name);
  const { artifact, trained } = await trainTask({
    engine,
    store,
    backbone,
    dataset,
    name,
    signal: context.signal,
    checkpointFolder: join(context.home, 'runs', name),
    settings: await settingsOf(options, dataset.task.name),
    onto: options.onto,
    neighbours: neighbourNames(options),
    statistics: options.stats && { kinds: options.stats, statisticsImages: options.statsImages },
    onReport: follower.onReport,
  }).finally(() => follower.stop());
  out.line(`Stored specialist ${name} (${shortDigest(artifact.digest)}), best epoch ${trained.best.epoch}.`);
  out.line(`Validation accuracy ${percent(trained.val['acc'])}, test ${percent(trained.test?.['acc'])}.`);
  if (trained.beatsProbe) out.line(describeComparison(trained.comparison)); // otherwise a warning has said it
  const statistics = artifact.manifest.config['statistics'] ?? null;
  if (statistics)
    out.warn(
      `${name} carries statistics (${options.stats!.join(', ')}) derived from patient data. They hold no image, but treat them as data: ask before they leave the place.`,
    );
  return {
    artifact: artifact.digest,
    name,
    task: trained.task.name,
    epochs: trained.settings.epochs,
    best: { epoch: trained.best.epoch, val: trained.val },
    test: trained.test,
    probe: { val: trained.probe.val, test: trained.probe.test },
    beatsProbe: trained.beatsProbe,
    ...(statistics ? { statistics } : {}),
    imagesPerSecond: trained.imagesPerSecond,
  };
}
