import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suiteFolder, temporaryFolder } from '@medlego/testing';
import * as ort from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { medlego, medlegoJson, root } from './medlego.ts';

const sample = 'data/samples/busibreast/malignant-test2.png';
type Predictions = { file: string; task: string; probabilities: Record<string, number>; artifact: string }[];

/** The whole job on real images with a backbone of random weights: what it learns does not matter here, that everything fits together does. */
describe('train, merge, evaluate, predict, export, import', { timeout: 300_000 }, () => {
  const home = suiteFolder();
  const train = (task: string, ...more: string[]) =>
    medlegoJson<{ artifact: string; best: { epoch: number } }>(
      home,
      'train',
      '--task',
      task,
      '--backbone',
      'small',
      '--epochs',
      '1',
      '--lr',
      '3e-3',
      '--head-init',
      'random',
      '--threads',
      '1',
      ...more,
    );

  beforeAll(async () => {
    await medlegoJson(home, 'backbone', 'init', 'vit-nano', '-o', 'small');
    await train('busibreast', '-o', 'breast');
    await train('pbcblood', '-o', 'blood');
    await medlegoJson(home, 'merge', 'breast', 'blood', '-o', 'both');
  }, 300_000);

  it('trains to the same digest twice', async () => {
    const digests = [];
    for (const name of ['again', 'and-again']) digests.push((await train('busibreast', '-o', name)).artifact);
    expect(digests[0]).toBe(digests[1]);
    expect(await medlegoJson(home, 'show', 'breast')).toMatchObject({ artifact: digests[0] });
  });

  it('merges to the same digest in whatever order, and reports modules and energy per task', async () => {
    const merged = await medlegoJson<{ artifact: string; modules: { k: number; perTask: Record<string, number> }[] }>(
      home,
      'merge',
      'blood',
      'breast',
      '-o',
      'other-order',
    );
    expect(await medlegoJson(home, 'show', 'both')).toMatchObject({ artifact: merged.artifact });
    expect(merged.modules).toHaveLength(12);
    for (const { k, perTask } of merged.modules) {
      expect(k).toBeGreaterThan(0);
      expect(Object.keys(perTask).sort()).toEqual(['busibreast', 'pbcblood']);
    }
  });

  it('evaluates with intervals beside specialist, probe and majority', async () => {
    const answer = await medlegoJson<{
      tasks: { task: string; n: number; metrics: { acc: number }; intervals: { acc: number[] }; against: object }[];
    }>(home, 'evaluate', 'both', '--split', 'val');
    expect(answer.tasks.map(({ task }) => task)).toEqual(['busibreast', 'pbcblood']);
    for (const { metrics, intervals, against } of answer.tasks) {
      expect(intervals.acc[0]).toBeLessThanOrEqual(metrics.acc);
      expect(intervals.acc[1]).toBeGreaterThanOrEqual(metrics.acc);
      expect(Object.keys(against).sort()).toEqual(['majority', 'probe', 'specialist', 'unadapted']);
    }
  });

  it('answers for every task, with probabilities that sum to 1', async () => {
    const answers = await medlegoJson<Predictions>(home, 'predict', 'both', sample);
    expect(answers.map(({ task }) => task)).toEqual(['busibreast', 'pbcblood']);
    for (const { probabilities } of answers)
      expect(Object.values(probabilities).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
  });

  it.each(['peft-lora', 'peft-adalora'])('gives the same answer after export to %s and import', async (format) => {
    const folder = join(temporaryFolder(), 'peft');
    await medlegoJson(home, 'export', 'breast', '--format', format, '-o', folder);
    await medlegoJson(home, 'import', folder, '--backbone', 'small', '-o', `back-${format}`);
    const [[before], [after]] = (await Promise.all(
      ['breast', `back-${format}`].map((name) => medlegoJson<Predictions>(home, 'predict', name, sample)),
    )) as [Predictions, Predictions];
    for (const [label, p] of Object.entries(before!.probabilities))
      expect(after!.probabilities[label]).toBeCloseTo(p, 4);
  });

  it('exports an ONNX file with a free batch axis that answers as predict does', async () => {
    const file = join(temporaryFolder(), 'both.onnx');
    await medlegoJson(home, 'export', 'both', '--format', 'onnx', '-o', file);
    const session = await ort.InferenceSession.create(await readFile(file), { logSeverityLevel: 3 });
    expect(session.inputNames).toEqual(['pixel_values']);
    const { decodeImage, preprocessRaster } = await import('@medlego/data');
    const raster = await decodeImage(await readFile(join(root, sample)));
    const pixels = preprocessRaster(raster, {
      imgSize: 28,
      channels: 3,
      mean: [0.5, 0.5, 0.5],
      std: [0.5, 0.5, 0.5],
      resize: 'bicubic',
      crop: 1,
    });
    const planes = new Float32Array(3 * 28 * 28).map((_, i) => pixels[(i % 784) * 3 + Math.floor(i / 784)]!);
    const expected = await medlegoJson<Predictions>(home, 'predict', 'both', sample);
    for (const batch of [1, 3]) {
      const data = new Float32Array(batch * planes.length);
      for (let row = 0; row < batch; row++) data.set(planes, row * planes.length);
      const outputs = await session.run({ pixel_values: new ort.Tensor('float32', data, [batch, 3, 28, 28]) });
      for (const { task, probabilities } of expected) {
        const logits = Array.from(outputs[task]!.data as Float32Array).slice(-Object.keys(probabilities).length);
        const total = logits.reduce((sum, z) => sum + Math.exp(z), 0);
        Object.values(probabilities).forEach((p, i) => expect(Math.exp(logits[i]!) / total).toBeCloseTo(p, 4));
      }
    }
    await session.release();
  });

  it('keeps the lineage back to data and backbone, and everything verifies', async () => {
    const { stdout } = await medlego(home, 'lineage', 'both');
    for (const word of ['member specialist', 'dataset dataset', 'backbone backbone']) expect(stdout).toContain(word);
    expect(await medlegoJson(home, 'verify')).toMatchObject({ problems: [] });
  });

  it('refuses a merge across backbones and stores nothing for it', async () => {
    await medlegoJson(home, 'backbone', 'init', 'vit-nano', '-o', 'other', '--seed', '1');
    const args = ['--task', 'busibreast', '--backbone', 'other', '--epochs', '1', '--threads', '1', '-o', 'foreign'];
    await medlegoJson(home, 'train', ...args);
    const { code, stdout } = await medlego(home, 'merge', 'breast', 'foreign', '-o', 'mixed', '--json');
    expect(code).toBe(64);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'wrong_backbone' } });
    expect((await readdir(join(home, 'names', 'generalist'))).includes('mixed')).toBe(false);
  });
});
