import type { CurvesRun } from '../run/run-curves.ts';
import type { MadeFacts } from './results-document.ts';

/** The figure for machines. Everything but `made` is a function of the inputs alone. */
export function curvesDocument({ config, seeds, newTasks, lines, leaks }: CurvesRun, made: MadeFacts) {
  return {
    schema: 'medlego.curves/1',
    table: config.table,
    setting: config.setting,
    title: config.title,
    seeds,
    backbone: made.backbone,
    tasks: newTasks.map(({ name, title, dataset }) => ({
      task: name,
      title,
      kind: dataset.task.kind,
      n: dataset.splits.test.count,
      train: dataset.splits.train.count,
      licence: dataset.task.licence,
    })),
    lines: lines.map(({ task, start, members, curves }) => ({
      task,
      start,
      members,
      /** Mean over seeds after each epoch, from the start on, with the lowest and highest seed. */
      points: curves[0]!.points.map(({ epoch }, at) => {
        const of = (metric: 'acc' | 'auc') => curves.flatMap(({ points }) => points[at]?.[metric] ?? []);
        const acc = of('acc');
        return { epoch, acc: mean(acc), auc: mean(of('auc')), accPerSeed: acc };
      }),
      /** Mean over all epochs after the start: how fast and how far together. */
      meanOverEpochs: mean(curves.flatMap(({ points }) => points.slice(1).flatMap(({ acc }) => acc ?? []))),
      last: mean(curves.flatMap(({ points }) => points.at(-1)!.acc ?? [])),
    })),
    leaks,
    made,
  };
}

export type CurvesDocument = ReturnType<typeof curvesDocument>;

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
