import { createHash } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '@medlego/artifacts';
import { requireSplit } from '@medlego/data';
import { isSystemError } from '@medlego/errors';
import { digestTensors, writeFileAtomic, type NamedTensors } from '@medlego/tensors';
import { fit, finish, type TrainingSettings } from '@medlego/training';
import { initAdapter, initHead } from '@medlego/vit';
import type { TableTask } from '../data/open-tasks.ts';
import type { RunContext } from './run-context.ts';

/** Test figures of one run after every epoch; epoch 0 is the start. */
export interface Curve {
  readonly points: readonly { readonly epoch: number; readonly acc: number | null; readonly auc: number | null }[];
}

/**
 * Trains a new adapter and head for a task on a backbone and looks at the test images after every epoch. No epoch is chosen by them:
 * the run goes to its end, so the curve may be shown. Curves that were made before are read; one that was stopped goes on.
 *
 * @param params weights that training starts from and leaves as they are
 * @throws StoppedError, and as `fit`
 */
export async function trainCurve(
  context: RunContext,
  params: NamedTensors,
  task: TableTask,
  settings: TrainingSettings,
  onShare: (share: number) => void,
): Promise<Curve> {
  const { engine, backbone, scratch, signal } = context;
  const { config, preprocess } = backbone;
  const inputs = {
    form: 1,
    backbone: digestTensors(params),
    data: task.dataset.digest,
    settings,
    engine: engine.info.engine,
  };
  const key = createHash('sha256').update(canonicalJson(inputs, 'curve')).digest('hex');
  const folder = join(scratch, 'curves');
  const file = join(folder, `${key}.json`);
  const known = await readCurve(file);
  if (known) return known;

  const points: { epoch: number; acc: number | null; auc: number | null }[] = [];
  const checkpointFolder = join(scratch, 'runs', `curve-${key.slice(0, 16)}`);
  const result = await finish(
    fit({
      engine,
      backbone: { config, params },
      preprocess,
      task: task.dataset.task,
      train: requireSplit(task.dataset, 'train'),
      val: requireSplit(task.dataset, 'test'),
      settings: { ...settings, selectBy: 'last', patience: null },
      adapter: initAdapter(config, settings.adapter, {
        seed: settings.seed,
        params,
        std: settings.initStd === 'unit' ? 1 / Math.sqrt(config.embedDim) : settings.initStd,
      }),
      head: initHead(config, task.dataset.task.labels.length, settings.seed),
      // The start is a point of the curve, so that a resumed run has it too.
      startIsCandidate: true,
      identity: { start: inputs.backbone, data: inputs.data },
      checkpointFolder,
      signal,
    }),
    (report) => {
      if (report.type === 'step') onShare((report.epoch - 1 + report.step / report.stepsPerEpoch) / report.epochs);
    },
  );
  for (const { epoch, val } of result.history) points.push({ epoch, acc: val['acc'] ?? null, auc: val['auc'] ?? null });
  await mkdir(folder, { recursive: true });
  await writeFileAtomic(file, `${JSON.stringify({ points })}\n`, { what: 'curve' });
  await rm(checkpointFolder, { recursive: true, force: true });
  return { points };
}

async function readCurve(file: string): Promise<Curve | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Curve;
  } catch (error) {
    if (error instanceof SyntaxError || (isSystemError(error) && error.code === 'ENOENT')) return null;
    throw error;
  }
}
