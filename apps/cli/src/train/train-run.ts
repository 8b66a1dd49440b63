import type { ArtifactStore } from '@medlego/artifacts';
import type { Dataset } from '@medlego/data';
import type { Engine } from '@medlego/engine';
import type { TrainingReport } from '@medlego/training';
import type { NamedBackbone } from '@medlego/workflows';
import type { CommandContext } from '../context.ts';
import { rememberData } from '../data-index.ts';
import { dataFolders } from '../workspace.ts';
import type { TrainCommandOptions } from './options.ts';

/** What one call of `medlego train` works with. */
export interface TrainRun {
  readonly context: CommandContext;
  readonly options: TrainCommandOptions;
  readonly store: ArtifactStore;
  readonly backbone: NamedBackbone;
  readonly engine: Engine;
}

export const percent = (value: number | null | undefined): string =>
  value == null ? '-' : `${(100 * value).toFixed(1)} %`;

/** Opens the images of a task and notes where they lie, so that `evaluate` finds them again. */
export async function openTask({ context, options, backbone }: TrainRun, task: string): Promise<Dataset> {
  const { openDataset } = await import('@medlego/data');
  const dataset = await openDataset(task, {
    searchDirs: dataFolders,
    preprocess: backbone.preprocess,
    skipBad: options.skipBad ?? false,
  });
  dataset.notices.forEach((notice) => context.out.note(notice));
  await rememberData(context.home, dataset.digest, dataset.source.path);
  return dataset;
}

/** Shows a run's reports: probe, progress bar, warnings. `stop` ends the bar. */
export function followRun(
  { out, progress }: CommandContext,
  name: string,
): { readonly onReport: (report: TrainingReport) => void; stop(): void } {
  let bar: ReturnType<CommandContext['progress']> | undefined;
  return {
    stop: () => bar?.stop(),
    onReport: (report) => {
      switch (report.type) {
        case 'probe':
          out.note(
            `${report.task}: probe on the plain backbone, validation accuracy ${percent(report.val['acc'])} (${report.seconds.toFixed(1)} s)`,
          );
          break;
        case 'step': {
          bar ??= progress(name, report.epochs * report.stepsPerEpoch);
          const done = (report.epoch - 1) * report.stepsPerEpoch + report.step;
          bar.update(done, `loss ${report.taskLoss.toFixed(3)}  ${report.imagesPerSecond.toFixed(0)} images/s`);
          break;
        }
        case 'resumed':
          out.note(`Going on from epoch ${report.epoch}, step ${report.step}.`);
          break;
        case 'warning':
          out.warn(report.message);
          break;
        case 'epoch':
        case 'checkpoint':
          break;
        default:
          report satisfies never;
      }
    },
  };
}
