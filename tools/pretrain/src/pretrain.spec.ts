import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { create } from 'tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '@medlego/engine';
import { InvalidValueError, StoppedError } from '@medlego/errors';
import { digestTensors, readSafetensors } from '@medlego/tensors';
import { assertParams, parseVitConfig } from '@medlego/vit';
import { parseOptions, type PretrainOptions } from './options.ts';
import { pretrain } from './pretrain.ts';
import { writeBackbone } from './write-backbone.ts';

let root: string;
let engine: Engine;
let options: PretrainOptions;

/** An archive like CIFAR-10's with a few noisy images of two colours. */
async function writeArchive(path: string): Promise<void> {
  const source = join(root, 'source');
  for (const split of ['train', 'test'])
    for (const [index, name] of ['blue', 'red'].entries()) {
      await mkdir(join(source, split, name), { recursive: true });
      const count = split === 'train' ? 108 : 10;
      for (let i = 0; i < count; i++) {
        const pixels = Buffer.alloc(32 * 32 * 3, 40);
        for (let p = 0; p < 1024; p++) pixels[3 * p + (index ? 0 : 2)] = 100 + ((p * (i + 3)) % 150);
        const image = sharp(pixels, { raw: { width: 32, height: 32, channels: 3 } });
        await writeFile(join(source, split, name, `${String(i).padStart(4, '0')}.jpg`), await image.jpeg().toBuffer());
      }
    }
  await create({ gzip: true, file: path, cwd: source }, ['train', 'test']);
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'medlego-pretrain-'));
  engine = await openEngine({ intraOpThreads: 1 });
  const data = join(root, 'images.tar.gz');
  await writeArchive(data);
  const flags = `--data ${data} -o ${join(root, 'nano')} --epochs 2 --batch 8 --lr 1e-3 --checkpoints ${join(root, 'checkpoints')}`;
  options = { ...parseOptions(flags.split(' '))!, cacheFolder: join(root, 'cache') };
});
afterAll(async () => {
  await engine.dispose();
  await rm(root, { recursive: true, force: true });
});

describe('pretraining', () => {
  it('stops, resumes with --resume only, and writes a backbone that loads', async () => {
    const stop = new AbortController();
    const stopped = pretrain(engine, options, {
      signal: stop.signal,
      onReport: (report) => {
        if (report.type === 'step' && report.epoch === 1) stop.abort();
      },
    });
    await expect(stopped).rejects.toBeInstanceOf(StoppedError);
    await expect(pretrain(engine, options)).rejects.toThrow(/--resume: expected set/);

    const backbone = await pretrain(engine, { ...options, resume: true });
    expect(backbone.images).toEqual({ train: 16, val: 200, test: 20 });
    expect(backbone.test.n).toBe(20);

    await writeBackbone(options.output, backbone, 'npm run pretrain -- --data images.tar.gz');
    expect((await readdir(options.output)).sort()).toEqual(['MODEL_CARD.md', 'config.json', 'model.safetensors']);
    const { tensors } = await readSafetensors(join(options.output, 'model.safetensors'));
    const document = JSON.parse(await readFile(join(options.output, 'config.json'), 'utf8')) as Record<string, unknown>;
    assertParams(parseVitConfig(document['config']), tensors);
    expect(document['digest']).toBe(digestTensors(tensors));
    expect(document['preprocess']).toMatchObject({ imgSize: 28, crop: 1, mean: [0.5, 0.5, 0.5] });
    const card = await readFile(join(options.output, 'MODEL_CARD.md'), 'utf8');
    expect(card).toContain('npm run pretrain -- --data images.tar.gz');
    expect(card).toContain('state no licence');
  });
});

describe('arguments of pretrain', () => {
  it('gives help only when asked', () => {
    expect(parseOptions(['--help'])).toBeNull();
  });

  it.each([
    [['-o', 'models/x'], /--data: expected a path/],
    [['--data', 'x.tar.gz'], /--output: expected a path/],
    [['--data', 'x', '-o', 'y', '--epochs', '0'], /--epochs: expected a whole number from 1, got 0/],
    [['--data', 'x', '-o', 'y', '--lr', 'fast'], /--lr: expected a number above 0, got fast/],
    [['--data', 'x', '-o', 'y', '--speed', '9'], /arguments: expected the flags of --help/],
  ])('refuses %j', (args, message) => {
    expect(() => parseOptions(args)).toThrow(InvalidValueError);
    expect(() => parseOptions(args)).toThrow(message);
  });
});
