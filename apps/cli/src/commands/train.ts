import { type Command, Option } from 'commander';
import { join } from 'node:path';
import { numberBetween, wholeNumber, withComputeOptions, withEngine, type ComputeOptions } from '../compute-options.ts';
import { defineAction } from '../context.ts';
import { rememberData } from '../data-index.ts';
import { dataFolders, modelFolders, openStore, shortDigest } from '../workspace.ts';

interface TrainOptions extends ComputeOptions {
  readonly task: string;
  readonly backbone: string;
  readonly adapter: 'svd-lora' | 'lora' | 'full' | 'head-only';
  readonly rank: number;
  readonly targets: string;
  readonly epochs: number;
  readonly batchSize: number;
  readonly lr: number;
  readonly seed: number;
  readonly headInit: 'probe' | 'random';
  readonly selectBy: 'acc' | 'loss' | 'auc';
  readonly patience?: number;
  readonly penaltyWeight?: number;
  readonly skipBad?: boolean;
  readonly output?: string;
}

const percent = (value: number | null | undefined): string => (value == null ? '-' : `${(100 * value).toFixed(1)} %`);

export function registerTrain(program: Command): void {
  const command = withComputeOptions(
    program
      .command('train')
      .description('train one specialist on a frozen backbone')
      .requiredOption('--task <data>', 'MedMNIST .npz, image folder, .csv, or the name of a sample task')
      .option('--backbone <ref>', 'backbone by name or digest', 'vit-nano')
      .addOption(
        new Option('--adapter <kind>', 'what is trained')
          .choices(['svd-lora', 'lora', 'full', 'head-only'])
          .default('svd-lora'),
      )
      .option('--rank <r>', 'inner width of the adapter', wholeNumber(1), 4)
      .option('--targets <list>', 'matrices of every block: q,k,v,proj,fc1,fc2', 'q,v')
      .option('--epochs <n>', 'passes over the training images', wholeNumber(1), 100)
      .option('--batch-size <n>', 'images per update', wholeNumber(1), 64)
      .option('--lr <rate>', 'highest learning rate', numberBetween(0), 3e-4)
      .option('--seed <n>', 'of weights, order and augmentation', wholeNumber(0), 0)
      .addOption(new Option('--head-init <how>', 'where the head starts').choices(['probe', 'random']).default('probe'))
      .addOption(
        new Option('--select-by <metric>', 'which epoch is kept, on validation')
          .choices(['acc', 'loss', 'auc'])
          .default('acc'),
      )
      .option('--patience <n>', 'epochs without anything better until training ends', wholeNumber(1))
      .option('--penalty-weight <w>', 'weight of the orthogonality penalty (eq. 4)', numberBetween(0))
      .option('--skip-bad', 'leave unreadable images out instead of failing')
      .option('-o, --output <name>', 'name of the specialist (default: the task)'),
  ).addHelpText(
    'after',
    `
The same command goes on from its last checkpoint after Ctrl-C, SIGTERM (exit code 75) or a crash, and ends with the same bytes.

Examples:
  medlego train --task data/busibreast.npz --epochs 10 --lr 3e-3 -o breast
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
        settings: {
          seed: options.seed,
          epochs: options.epochs,
          batchSize: options.batchSize,
          learningRate: options.lr,
          headInit: options.headInit,
          selectBy: options.selectBy,
          patience: options.patience ?? null,
          ...(options.penaltyWeight !== undefined && { penaltyWeight: options.penaltyWeight }),
          adapter: {
            kind: options.adapter,
            rank: options.rank,
            targetModules: options.targets.split(',') as ('q' | 'v')[],
          },
        },
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
        epochs: options.epochs,
        best: { epoch: trained.best.epoch, val: trained.val },
        test: trained.test,
        probe: { val: trained.probe.val, test: trained.probe.test },
        beatsProbe: trained.beatsProbe,
        imagesPerSecond: trained.imagesPerSecond,
      });
    });
  });
}
