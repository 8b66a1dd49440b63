import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mapConcurrent } from '@medlego/async';
import { FileFormatError, toAppError, type AppError } from '@medlego/errors';
import { type Task } from '@medlego/tasks';
import { digestBytes, writeFileAtomic } from '@medlego/tensors';
import { list } from 'tar';
import { createDataset, selectRows, type Dataset, type Split } from '../dataset.ts';
import { decodeImage } from '../decode/decode-image.ts';
import { toRgb } from '../decode/raster.ts';
import { encodeNpz } from '../npz/write-npz.ts';
import { readNpz, type NpyArray } from '../npz/read-npz.ts';

export interface CifarOptions {
  /** Decoded images are kept here as an uncompressed `.npz` (about 185 MB for 60,000 images). Default: no cache. */
  readonly cacheDir?: string;
  /** Images per class that are moved from the end of train to val. Default: 250. */
  readonly valPerClass?: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

const size = 32;
const pixels = size * size * 3;
const maxFiles = 200_000;
const maxFileBytes = 1 << 20;
const entryName = /^(?:\.\/)?(train|test)\/([^/]+)\/([^/]+)\.(?:jpe?g|png)$/i;

interface ArchiveImage {
  readonly path: string;
  readonly split: 'train' | 'test';
  readonly label: string;
  readonly bytes: Uint8Array;
}

/**
 * Opens an archive of 32 x 32 photographs, `train/CLASS/NAME.jpg` and `test/CLASS/NAME.jpg` in a `.tar.gz`, as CIFAR-10 is
 * often passed around. Classes are numbered in the order of their names, images follow their paths, so the same archive
 * gives the same rows whatever its own order.
 *
 * @returns 32 x 32 x 3 images of a multi-class task named `cifar10`; val holds the last `valPerClass` train images of each class
 * @throws FileNotFoundError, FileFormatError, ImageDecodeError
 */
export async function openCifarArchive(path: string, options: CifarOptions = {}): Promise<Dataset> {
  const { cacheDir, valPerClass = 250 } = options;
  const archive = await readFile(path).catch((error: unknown) => {
    throw toAppError(error, { path, what: 'image archive' });
  });
  const cachePath = cacheDir && join(cacheDir, `cifar-${digestBytes(archive).slice('sha256:'.length, 23)}.npz`);
  const cached = cachePath ? await readCache(cachePath) : undefined;
  const decoded = cached ?? (await decodeArchive(path, archive, options));
  if (cachePath && !cached) await writeCache(cachePath, decoded);

  const task: Task = {
    name: 'cifar10',
    kind: 'multi-class',
    labels: [...decoded.labels],
    modality: 'natural images',
    licence: 'none stated by the authors',
    nonCommercial: false,
    citation: 'Krizhevsky, Learning Multiple Layers of Features from Tiny Images, University of Toronto (2009)',
  };
  const [train, val] = splitLast(decoded.train, task.labels.length, valPerClass);
  return createDataset({
    task,
    splits: { train, val, test: decoded.test },
    source: { format: 'cifar-archive', path, skipped: [] },
  });
}

interface Decoded {
  readonly labels: readonly string[];
  readonly train: Split;
  readonly test: Split;
}

async function decodeArchive(path: string, archive: Buffer, { onProgress, signal }: CifarOptions): Promise<Decoded> {
  const files = await readArchive(path, archive);
  const labels = [...new Set(files.map(({ label }) => label))].sort();
  let done = 0;
  const decode = async (split: 'train' | 'test'): Promise<Split> => {
    const members = files.filter((file) => file.split === split);
    const images = new Uint8Array(members.length * pixels);
    await mapConcurrent(
      members,
      { limit: 16, ...(signal && { signal }) },
      async ({ path: name, bytes }, row) => {
        const { data, height, width } = toRgb(await decodeImage(bytes, { file: `${path}, ${name}`, maxPixels: 1 << 20 }));
        if (height !== size || width !== size)
          throw new FileFormatError({
            file: `${path}, ${name}`,
            expected: `an image of ${size} x ${size}`,
            actual: `${width} x ${height}`,
          });
        images.set(data, row * pixels);
        if (++done % 1000 === 0 || done === files.length) onProgress?.(done, files.length);
      },
    );
    const classes = Int32Array.from(members, ({ label }) => labels.indexOf(label));
    return { images, count: members.length, height: size, width: size, channels: 3, labels: classes, labelWidth: 1 };
  };
  return { labels, train: await decode('train'), test: await decode('test') };
}

/** All images of the archive in the order of their paths. */
async function readArchive(path: string, archive: Buffer): Promise<ArchiveImage[]> {
  const files: ArchiveImage[] = [];
  let problem: AppError | undefined;
  const refuse = (expected: string, actual: string) => {
    problem ??= new FileFormatError({ file: path, expected, actual });
  };
  await new Promise<void>((resolve, reject) => {
    const parser = list({
      strict: true,
      onReadEntry: (entry) => {
        const match = entryName.exec(entry.path);
        if (!match || entry.type !== 'File' || problem) return entry.resume();
        if (entry.size > maxFileBytes) {
          refuse(`images of at most ${maxFileBytes} bytes`, `${entry.path} with ${entry.size} bytes`);
          return entry.resume();
        }
        if (files.length >= maxFiles) refuse(`at most ${maxFiles} images`, 'more');
        const chunks: Uint8Array[] = [];
        entry.on('data', (chunk) => chunks.push(chunk));
        entry.on('end', () =>
          files.push({
            path: entry.path,
            split: match[1]!.toLowerCase() as 'train' | 'test',
            label: match[2]!,
            bytes: Buffer.concat(chunks),
          }),
        );
        return undefined;
      },
    });
    parser.on('error', reject);
    parser.on('end', resolve);
    parser.end(archive);
  }).catch((error: unknown) => {
    throw new FileFormatError(
      { file: path, expected: 'a complete .tar.gz archive', actual: (error as Error).message },
      { cause: error },
    );
  });
  if (problem) throw problem;
  if (files.length === 0)
    throw new FileFormatError({ file: path, expected: 'train/CLASS/NAME.jpg and test/CLASS/NAME.jpg', actual: 'no such entry' });
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Moves the last `perClass` images of every class into a second split; both keep their order. */
function splitLast(split: Split, classes: number, perClass: number): [Split, Split] {
  const left = new Array<number>(classes).fill(0);
  for (const label of split.labels) left[label]!++;
  const [first, last]: [number[], number[]] = [[], []];
  split.labels.forEach((label, row) => (left[label]!-- > perClass ? first : last).push(row));
  return [selectRows(split, first), selectRows(split, last)];
}

async function readCache(path: string): Promise<Decoded | undefined> {
  const file = await readNpz(path).catch(() => undefined); // absent or damaged: decoded again and replaced
  const array = (name: string) => file?.arrays.get(name)?.data as Uint8Array | undefined;
  const names = array('labels');
  const splits = ['train', 'test'].map((name): Split | undefined => {
    const [images, labels] = [array(`${name}_images`), array(`${name}_labels`)];
    if (!images || !labels) return undefined;
    const count = labels.length;
    return { images, count, height: size, width: size, channels: 3, labels: Int32Array.from(labels), labelWidth: 1 };
  });
  const [train, test] = splits;
  if (!names || !train || !test) return undefined;
  return { labels: JSON.parse(Buffer.from(names).toString()) as string[], train, test };
}

async function writeCache(path: string, { labels, train, test }: Decoded): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true }).catch((error: unknown) => {
    throw toAppError(error, { path, what: 'cache of decoded images' });
  });
  const bytes = (data: Uint8Array, shape = [data.length]): NpyArray => ({ descr: '|u1', shape, data });
  const arrays: Record<string, NpyArray> = { labels: bytes(Buffer.from(JSON.stringify(labels))) };
  for (const [name, split] of Object.entries({ train, test })) {
    arrays[`${name}_images`] = bytes(split.images, [split.count, size, size, 3]);
    arrays[`${name}_labels`] = bytes(Uint8Array.from(split.labels));
  }
  await writeFileAtomic(path, encodeNpz(arrays, { compression: 'store' }), { what: 'cache of decoded images' });
}
