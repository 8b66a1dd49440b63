import { randomUUID } from 'node:crypto';
import { RunState, TrainingDefinition, type Run } from '@medlego/contracts/rpc';
import { AppError, InvalidValueError } from '@medlego/errors';
import type { CommandContext } from '../context.ts';
import { settingTexts, type TrainCommandOptions } from '../train/options.ts';
import { openStore, shortDigest } from '../workspace.ts';
import { connectRemote } from './connect-remote.ts';
import { errorOf, followRuns } from './follow-runs.ts';
import { detailOf, runDocument, stateWord } from './run-words.ts';
import { uploadBackbone, uploadTask, type UploadedTask } from './upload-inputs.ts';

/** Sends the images and submits the runs; follows them until they have ended unless told otherwise. */
export async function trainRemote(context: CommandContext, options: TrainCommandOptions): Promise<void> {
  const { out } = context;
  if (options.joint)
    throw new InvalidValueError({ field: '--joint', expected: 'to be left out with --remote', actual: 'given' });
  const rpc = await connectRemote(context);
  const store = await openStore(context);
  const training = rpc.client(TrainingDefinition);
  const { backbone, digest } = await uploadBackbone(store, options.backbone);

  const uploaded: UploadedTask[] = [];
  const failed: { task: string; error: { code: string; message: string } }[] = [];
  for (const task of options.task) {
    try {
      uploaded.push(await uploadTask(context, store, backbone, { task, skipBad: options.skipBad ?? false }));
    } catch (error) {
      if (options.task.length === 1 || !(error instanceof AppError) || context.signal.aborted) throw error;
      failed.push({ task, error: { code: error.code, message: error.message } });
      out.warn(`${task}: ${error.message} The others go on.`);
    }
  }
  const runs = uploaded.length === 0 ? [] : await submit();
  for (const run of runs) out.line(`${run.name}: ${run.id} (${stateWord(run)})`);
  if (options.detach) return out.document({ runs: runs.map(runDocument), failed });

  const ended = await followRuns(context, rpc, runs);
  for (const run of ended)
    out.line(
      run.state === RunState.RUN_STATE_SUCCEEDED
        ? `Stored specialist ${run.name} (${shortDigest(run.artifact)}).`
        : `${run.name} ${stateWord(run)}. ${detailOf(run)}`,
    );
  const bad = ended.filter(({ state }) => state !== RunState.RUN_STATE_SUCCEEDED);
  if (runs.length === 1 && bad.length === 1 && !context.signal.aborted) throw errorOf(bad[0]!);
  if (bad.length + failed.length > 0) process.exitCode ??= 1;
  out.document({ runs: ended.map(runDocument), failed });

  async function submit(): Promise<Run[]> {
    const { texts, axes } = settingTexts(options);
    const requestId = options.requestId ?? `cli-${randomUUID()}`;
    const priority = options.priority ?? 0;
    const seeds = options.seeds ?? [];
    const spec = { backbone: digest, seed: options.seed ?? 0, settings: texts, priority, labels: {} };
    if (uploaded.length === 1 && seeds.length <= 1 && Object.keys(axes).length === 0) {
      const { dataset, task } = uploaded[0]!;
      const name = options.output?.replaceAll('{task}', task) ?? task;
      const seed = seeds[0] ?? spec.seed;
      const { run } = await training.submitTraining({ requestId, spec: { ...spec, seed, dataset, name } });
      return [run!];
    }
    const settings = Object.fromEntries(Object.entries(axes).map(([name, values]) => [name, { values }]));
    const datasets = uploaded.map(({ dataset }) => dataset);
    const name = options.output ?? '';
    return (await training.submitSweep({ requestId, base: { ...spec, name }, datasets, seeds: [...seeds], settings }))
      .runs;
  }
}
