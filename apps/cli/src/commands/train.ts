import { type Command, InvalidArgumentError, Option } from 'commander';
import type { TrainingSettingsInput } from '@medlego/training';
import { join } from 'node:path';
import { numberBetween, wholeNumber, withComputeOptions, withEngine, type ComputeOptions } from '../compute-options.ts';
import { defineAction } from '../context.ts';
import { rememberData } from '../data-index.ts';
import { dataFolders, modelFolders, openStore, shortDigest } from '../workspace.ts';

interface TrainOptions extends ComputeOptions {
  readonly task: string;
  readonly backbone: string;
  readonly preset?: 'paper' | 'mergeable' | 'sample';
  readonly adapter?: 'svd-lora' | 'lora' | 'full' | 'head-only';
  readonly rank?: number;
  readonly alpha?: number;
  readonly targets?: string;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly microBatch?: number;
  readonly lr?: number;
  readonly seed?: number;
  readonly headInit?: 'probe' | 'random';
  readonly selectBy?: 'acc' | 'loss' | 'auc';
  readonly patience?: number;
  readonly penaltyWeight?: number;
  readonly set: Readonly<Record<string, unknown>>;
  readonly skipBad?: boolean;
  readonly output?: string;
}

/** `name=value` of --set; the value is JSON where it can be read as such, else text. */
const collectSetting = (text: string, sofar: Record<string, unknown>): Record<string, unknown> => {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError(`Expected NAME=VALUE, got "${text}".`);
  const value = text.slice(at + 1);
  try {
    return { ...sofar, [text.slice(0, at)]: JSON.parse(value) as unknown };
  } catch {
    return { ...sofar, [text.slice(0, at)]: value }; // a word such as balanced
  }
};

/** What the command line says, over the preset if one is named; anything else keeps the defaults of the training library. */
async function settingsOf(options: TrainOptions, task: string): Promise<TrainingSettingsInput> {
  const { sampleSettings, trainingPresets } = await import('@medlego/training');
  const { preset, adapter: kind, rank, alpha, targets } = options;
  const base = preset === 'sample' ? sampleSettings(task) : preset ? trainingPresets[preset] : {};
  const defined = <T extends object>(values: T): Partial<T> =>
    Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
  return {
    ...base,
    ...defined({
      seed: options.seed,
      epochs: options.epochs,
      batchSize: options.batchSize,
      microBatchSize: options.microBatch,
      learningRate: options.lr,
      headInit: options.headInit,
      selectBy: options.selectBy,
      patience: options.patience,
      penaltyWeight: options.penaltyWeight,
    }),
    adapter: {
      ...base.adapter,
      ...defined({ kind, rank, alpha, targetModules: targets?.split(',') as ('q' | 'v')[] | undefined }),
    },
    ...options.set,
  };
}

const percent = (value: number | null | undefined): string => (value == null ? '-' : `${(100 * value).toFixed(1)} %`);

export function registerTrain(command: Command): void {
  withComputeOptions(
    command
      .requiredOption('--task <data>', 'MedMNIST .npz, image folder, .csv, or the name of a sample task')
      .option('--backbone <ref>', 'backbone by name or digest', 'vit-nano')
      .addOption(
        new Option('--preset <name>', 'ready-made settings; the options below go over them').choices([
          'paper',
          'mergeable',
          'sample',
        ]),
      )
      .addOption(
        new Option('--adapter <kind>', 'what is trained (default: svd-lora)').choices([
          'svd-lora',
          'lora',
          'full',
          'head-only',
        ]),
      )
      .option('--rank <r>', 'inner width of the adapter (default: 4)', wholeNumber(1))
      .option('--alpha <a>', 'scale times rank (default: rank)', numberBetween(0))
      .option('--targets <list>', 'matrices of every block: q,k,v,proj,fc1,fc2 (default: q,v)')
      .option('--epochs <n>', 'passes over the training images (default: 100)', wholeNumber(1))
      .option('--batch-size <n>', 'images per update (default: 64)', wholeNumber(1))
      .option(
        '--micro-batch <n>',
        'images computed at a time; gradients are added up (default: the whole batch)',
        wholeNumber(1),
      )
      .option('--lr <rate>', 'highest learning rate (default: 3e-4)', numberBetween(0))
      .option('--seed <n>', 'of weights, order and augmentation (default: 0)', wholeNumber(0))
      .addOption(new Option('--head-init <how>', 'where the head starts (default: probe)').choices(['probe', 'random']))
      .addOption(
        new Option('--select-by <metric>', 'which epoch is kept, on validation (default: acc)').choices([
          'acc',
          'loss',
          'auc',
        ]),
      )
      .option('--patience <n>', 'epochs without anything better until training ends (default: none)', wholeNumber(1))
      .option('--penalty-weight <w>', 'weight of the orthogonality penalty, eq. 4 (default: 0.1)', numberBetween(0))
      .option(
        '--set <name=value>',
        'any other training setting, e.g. --set trainHead=false; repeat',
        collectSetting,
        {},
      )
      .option('--skip-bad', 'leave unreadable images out instead of failing')
      .option('-o, --output <name>', 'name of the specialist (default: the task)'),
  ).addHelpText(
    'after',
    `
The same command goes on from its last checkpoint after Ctrl-C, SIGTERM (exit code 75) or a crash, and ends with the same bytes.

Examples:
  medlego train --task data/busibreast.npz --preset sample -o breast
  medlego train --task scans/ --backbone vit-b16 --device cuda --rank 8 --targets q,k,v`,
  );
  defineAction<[], TrainOptions>(command, async (context, options) => {
    const { out } = context;
    const [{ openDataset }, { openBackbone, trainTask }] = await Promise.all([
      import('@medlego/data'),
      import('@medlego/workflows'),
    ]);
    const store = await openStore(context);
    const backbone = await openBackbone(store, options.backbone, modelFolders);
    const dataset = await openDataset(options.task, {
      searchDirs: dataFolders,
      preprocess: backbone.preprocess,
      skipBad: options.skipBad ?? false,
    });
    dataset.notices.forEach((notice) => out.note(notice));
    await rememberData(context.home, dataset.digest, dataset.source.path);
    const name = options.output ?? dataset.task.name;
    await withEngine(context, options, async (engine) => {
      let bar: ReturnType<typeof context.progress> | undefined;
      const { artifact, trained } = await trainTask({
        engine,
        store,
        backbone,
        dataset,
        name,
        signal: context.signal,
        checkpointFolder: join(context.home, 'runs', name),
        settings: await settingsOf(options, dataset.task.name),
        onReport: (report) => {
          switch (report.type) {
            case 'probe':
              out.note(
                `Probe on the plain backbone: validation accuracy ${percent(report.val.acc)} (${report.seconds.toFixed(1)} s)`,
              );
              break;
            case 'step': {
              bar ??= context.progress(name, report.epochs * report.stepsPerEpoch);
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
          }
        },
      }).finally(() => bar?.stop());
      const { describeComparison } = await import('@medlego/training');
      out.line(`Stored specialist ${name} (${shortDigest(artifact.digest)}), best epoch ${trained.best.epoch}.`);
      out.line(`Validation accuracy ${percent(trained.val.acc)}, test ${percent(trained.test?.acc)}.`);
      if (trained.beatsProbe) out.line(describeComparison(trained.comparison)); // otherwise a warning has said it
      out.document({
        artifact: artifact.digest,
        name,
        task: trained.task.name,
        epochs: trained.settings.epochs,
        best: { epoch: trained.best.epoch, val: trained.val },
        test: trained.test,
        probe: { val: trained.probe.val, test: trained.probe.test },
        beatsProbe: trained.beatsProbe,
        imagesPerSecond: trained.imagesPerSecond,
      });
    });
  });
}
