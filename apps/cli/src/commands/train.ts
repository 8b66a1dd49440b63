import { type Command, Option } from 'commander';
import { InvalidValueError } from '@medlego/errors';
import { numberBetween, wholeNumber, withComputeOptions, withEngine } from '../compute-options.ts';
import { defineAction } from '../context.ts';
import { collectSetting, commaList, parseSeeds, parseStatistics, type TrainCommandOptions } from '../train/options.ts';
import { trainEach } from '../train/train-each.ts';
import { trainTogether } from '../train/train-together.ts';
import { modelFolders, openStore } from '../workspace.ts';

export function registerTrain(command: Command): void {
  withComputeOptions(
    command
      .requiredOption(
        '--task <data>',
        'MedMNIST .npz, image folder, .csv, or the name of a sample task; several with commas, each trained in turn',
        commaList,
      )
      .option('--joint', 'train one adapter with a head per task on all tasks together')
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
      .option('--mergeable', 'the same as --preset mergeable')
      .addOption(
        new Option('--augment <strength>', 'random changes to training images (default: none)').choices([
          'none',
          'light',
          'medium',
          'strong',
        ]),
      )
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
      .option(
        '--stats <kinds>',
        'write statistics of the training data for merges that need them: gram, fisher; derived from patient data',
        parseStatistics,
      )
      .option('--stats-images <n>', 'training images that statistics are collected over', wholeNumber(1), 256)
      .option(
        '--neighbours <names>',
        'published specialists that are active at random strength in training, or noise',
        commaList,
      )
      .option('--onto <ref>', 'train on top of this generalist, whose update is frozen and active')
      .option('--seeds <n>', 'with --remote: a run for each of so many seeds, or for these (1,2,5)', parseSeeds)
      .option('--priority <n>', 'with --remote: larger starts earlier', Number)
      .option('--detach', 'with --remote: end once the runs are recorded')
      .option('--request-id <id>', 'with --remote: the same id again is the same run')
      .option('--skip-bad', 'leave unreadable images out instead of failing')
      .option(
        '-o, --output <name>',
        'name of the specialist (default: the task), for several with {task} in it; of the joint model (default: joint)',
      ),
  ).addHelpText(
    'after',
    `
The same command goes on from its last checkpoint after Ctrl-C, SIGTERM (exit code 75) or a crash, and ends with the same bytes.

Examples:
  medlego train --task data/busibreast.npz --preset sample -o breast
  medlego train --task busibreast,pbcblood --adapter full -o {task}-full
  medlego train --task busibreast,pbcblood,mednist --joint -o multitask
  medlego train --task busibreast --mergeable --neighbours blood,knee --stats gram,fisher
  medlego train --task busibreast,pbcblood --seeds 3 --set lr=1e-4,3e-4 --remote localhost:7070
  medlego train --task scans/ --backbone vit-b16 --device cuda --rank 8 --targets q,k,v`,
  );
  defineAction<[], TrainCommandOptions>(command, async (context, options) => {
    if (context.remote) return (await import('../remote/train-remote.ts')).trainRemote(context, options);
    assertLocal(options);
    const { openBackbone } = await import('@medlego/workflows');
    const store = await openStore(context);
    const backbone = await openBackbone(store, options.backbone, modelFolders);
    await withEngine(context, options, (engine) =>
      (options.joint ? trainTogether : trainEach)({ context, options, store, backbone, engine }),
    );
  });
}

/** @throws InvalidValueError for an option that means nothing here */
function assertLocal({ seeds, priority, detach, requestId }: TrainCommandOptions): void {
  for (const [name, value] of Object.entries({ seeds, priority, detach, 'request-id': requestId }))
    if (value !== undefined)
      throw new InvalidValueError({ field: `--${name}`, expected: 'to be used with --remote', actual: 'no --remote' });
}
