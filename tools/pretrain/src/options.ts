import { parseArgs } from 'node:util';
import { InvalidValueError } from '@medlego/errors';

export interface PretrainOptions {
  /** `.tar.gz` of 32 x 32 photographs, `train/CLASS/NAME.jpg` and `test/CLASS/NAME.jpg`. */
  readonly data: string;
  /** Folder of the backbone; its last part is the backbone's name. */
  readonly output: string;
  readonly epochs: number;
  readonly seed: number;
  readonly batchSize: number;
  /** Peak of the one-cycle schedule. */
  readonly learningRate: number;
  /** Go on from the checkpoint of the same command. */
  readonly resume: boolean;
  readonly checkpointFolder: string;
  /** Decoded images are kept here. */
  readonly cacheFolder: string;
  /** Images per split, for a trial run; null: all. */
  readonly limit: number | null;
  /** Threads of one operator; null: all cores. */
  readonly threads: number | null;
}

export const usage = `Trains the small backbone vit-nano on an archive of natural images (CIFAR-10).

  npm run pretrain -- --data ../shared/data/cifar10_jpeg.tar.gz -o models/vit-nano

  --data FILE        .tar.gz with train/CLASS/NAME.jpg and test/CLASS/NAME.jpg, 32 x 32 pixels
  -o, --output DIR   folder for model.safetensors, config.json and MODEL_CARD.md
  --epochs N         passes over the training images (default 16)
  --seed N           of weights, order and augmentation (default 0)
  --batch N          images per update (default 128)
  --lr RATE          peak learning rate of the one-cycle schedule (default 2e-3)
  --resume           go on from the checkpoint of the same command
  --checkpoints DIR  default: .medlego/pretrain/NAME
  --threads N        threads of one operator (default: all cores)
  --limit N          only N images of each split, for a trial
  --help
`;

/** @returns null where help was asked for. @throws InvalidValueError naming the flag */
export function parseOptions(args: readonly string[]): PretrainOptions | null {
  const { values } = parse(args);
  if (values.help) return null;
  const output = required('--output', values.output);
  const count = (flag: string, text: string | undefined, least: number) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least)
      throw new InvalidValueError({ field: flag, expected: `a whole number from ${least}`, actual: text });
    return value;
  };
  const learningRate = Number(values.lr);
  if (!(learningRate > 0))
    throw new InvalidValueError({ field: '--lr', expected: 'a number above 0', actual: values.lr });
  return {
    data: required('--data', values.data),
    output,
    epochs: count('--epochs', values.epochs, 1),
    seed: count('--seed', values.seed, 0),
    batchSize: count('--batch', values.batch, 1),
    learningRate,
    resume: values.resume,
    checkpointFolder: values.checkpoints ?? `.medlego/pretrain/${nameOf(output)}`,
    cacheFolder: '.medlego/cache',
    limit: values.limit === undefined ? null : count('--limit', values.limit, 1),
    threads: values.threads === undefined ? null : count('--threads', values.threads, 1),
  };
}

/** Last part of a folder's path. */
export const nameOf = (folder: string): string =>
  folder
    .replace(/[\\/]+$/, '')
    .split(/[\\/]/)
    .at(-1)!;

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        data: { type: 'string' },
        output: { type: 'string', short: 'o' },
        epochs: { type: 'string', default: '16' },
        seed: { type: 'string', default: '0' },
        batch: { type: 'string', default: '128' },
        lr: { type: 'string', default: '2e-3' },
        resume: { type: 'boolean', default: false },
        checkpoints: { type: 'string' },
        threads: { type: 'string' },
        limit: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new InvalidValueError(
      { field: 'arguments', expected: 'the flags of --help', actual: (error as Error).message },
      { cause: error },
    );
  }
}

function required(flag: string, value: string | undefined): string {
  if (!value) throw new InvalidValueError({ field: flag, expected: 'a path', actual: 'nothing' });
  return value;
}
