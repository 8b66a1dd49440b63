import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '@medlego/engine';
import { float32, type HostTensor } from '@medlego/tensors';
import { initAdapter, initHead, initParams, type AdapterSpecInput } from '@medlego/vit';
import { parseTrainingSettings, type TrainingSettingsInput } from './settings.ts';
import { createSpecialistStep } from './specialist-step.ts';
import { numbers, tinyConfig } from './testing/tiny.ts';
import type { TrainBatch } from './train-step.ts';

const params = initParams(tinyConfig, 1);
const task = { kind: 'multi-class' as const, labels: ['a', 'b', 'c'] };

function batchOf(size: number, count: number): TrainBatch {
  const next = numbers(5);
  const targets = new Float32Array(size * 3);
  for (let row = 0; row < count; row++) targets[row * 3 + (row % 3)] = 1;
  return {
    images: float32(
      [size, 8, 8, 3],
      Float32Array.from({ length: size * 192 }, () => 2 * next() - 1),
    ),
    targets: float32([size, 3], targets),
    weights: float32(
      [size],
      Float32Array.from({ length: size }, (_, row) => (row < count ? 1 / count : 0)),
    ),
    count,
  };
}

function build(engine: Engine, adapter: AdapterSpecInput, extra: TrainingSettingsInput = {}, seed = 3) {
  const settings = parseTrainingSettings({ adapter, ...extra });
  return createSpecialistStep(engine, {
    config: tinyConfig,
    params,
    task,
    settings,
    adapter: initAdapter(tinyConfig, settings.adapter, { seed, params, std: 0.3 }),
    head: initHead(tinyConfig, 3, seed),
  });
}

describe.each(['onnx', 'cpu'] as const)('training step on %s', (name) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine({ engine: name, intraOpThreads: 1 });
  });
  afterAll(() => engine.dispose());

  /** Parameters after `steps` updates and the losses of each. */
  async function run(built: ReturnType<typeof build>, batch: TrainBatch, steps: number, rate: number) {
    const state = await built.step.createState(built.initial);
    const losses = [];
    for (let i = 0; i < steps; i++)
      losses.push(await built.step.run(batch, { learningRate: rate, update: i + 1 }, state));
    const parameters = (await state.read())['parameters'] as HostTensor<'float32'>;
    await state.dispose();
    await built.dispose();
    return { parameters: parameters.data, losses };
  }

  it.each(['svd-lora', 'lora', 'head-only', 'full'] as const)(
    'lowers the loss of a batch with a %s adapter',
    async (kind) => {
      const { losses } = await run(build(engine, { kind }), batchOf(6, 6), name === 'cpu' ? 5 : 25, 0.02);
      expect(losses.at(-1)!.taskLoss).toBeLessThan(losses[0]!.taskLoss - 0.02);
      expect(losses.every(({ gradientNorm }) => gradientNorm > 0)).toBe(true);
    },
  );

  it('ignores padded rows', async () => {
    const whole = await run(build(engine, {}), batchOf(6, 6), 2, 0.01);
    const padded = batchOf(9, 6);
    const other = await run(build(engine, {}), padded, 2, 0.01);
    other.parameters.forEach((value, i) => expect(value).toBeCloseTo(whole.parameters[i]!, 5));
  });

  it('adds gradients of micro-batches up to that of the batch', async () => {
    // SGD, because Adam divides by the gradient's size and so blows up the rounding of entries near zero.
    const settings = { optimizer: 'sgd' } as const;
    const whole = await run(build(engine, {}, settings), batchOf(7, 7), 3, 0.1);
    const parts = await run(build(engine, {}, { ...settings, microBatchSize: 3 }), batchOf(7, 7), 3, 0.1);
    parts.parameters.forEach((value, i) => expect(value).toBeCloseTo(whole.parameters[i]!, 5));
    expect(parts.losses[2]!.loss).toBeCloseTo(whole.losses[2]!.loss, 5);
    expect(parts.losses[2]!.gradientNorm).toBeCloseTo(whole.losses[2]!.gradientNorm, 4);
  });

  it('trains no head that is to stay, and gives it back', async () => {
    const built = build(engine, {}, { trainHead: false });
    expect(built.step.layout.entries.some((entry) => entry.name.startsWith('head.'))).toBe(false);
    expect(built.split(built.initial).head).toEqual(initHead(tinyConfig, 3, 3));
    await built.dispose();
  });

  it('an update scale of 0 hides the adapter', async () => {
    const settings = {
      updateScaleRange: [0, 1] as [number, number],
      penaltyWeight: 0,
      weightDecay: 0,
      trainHead: false,
    };
    const built = build(engine, {}, settings);
    const batch = { ...batchOf(6, 6), extra: { updateScale: 0 } };
    const { losses } = await run(built, batch, 1, 0.1);
    expect(losses[0]!.gradientNorm).toBe(0);
  });

  it('reports loss as task loss plus weighted penalty', async () => {
    const { losses } = await run(build(engine, {}, { penaltyWeight: 0.25 }), batchOf(6, 6), 1, 0.01);
    expect(losses[0]!.penalty).toBeGreaterThan(0);
    const whole = await run(build(engine, {}, { penaltyWeight: 1 }), batchOf(6, 6), 1, 0.01);
    expect(losses[0]!.penalty).toBeCloseTo(0.25 * whole.losses[0]!.penalty, 5);
    expect(losses[0]!.loss).toBeCloseTo(losses[0]!.taskLoss + losses[0]!.penalty, 6);
  });
});

describe('gradient', () => {
  it.each(['svd-lora', 'full'] as const)(
    'agrees with finite differences of the loss in every tensor (%s)',
    async (kind) => {
      const engine = await openEngine({ engine: 'onnx', intraOpThreads: 1 });
      const built = build(engine, { kind }, { optimizer: 'sgd', clipNorm: null, weightDecay: 0, penaltyWeight: 0.3 });
      const batch = batchOf(6, 6);
      const start = built.initial.data.map((value, i) => value + 0.05 * Math.sin(i)); // E away from 0, so that A and B matter
      const at = async (parameters: Float32Array, rate: number) => {
        const state = await built.step.createState(float32([parameters.length], parameters));
        const { loss } = await built.step.run(batch, { learningRate: rate, update: 1 }, state);
        const after = (await state.read())['parameters']!.data as Float32Array;
        await state.dispose();
        return { loss, after };
      };
      // One step of plain descent with rate 1 is the gradient.
      const { after } = await at(start, 1);
      const h = 0.01;
      let offset = 0;
      let largest = 0;
      for (const { name, size } of built.step.layout.entries) {
        const index = offset + (size >> 1);
        const nudged = async (shift: number) =>
          (
            await at(
              start.map((v, i) => (i === index ? v + shift : v)),
              0,
            )
          ).loss;
        const numeric = ((await nudged(h)) - (await nudged(-h))) / (2 * h);
        const gradient = start[index]! - after[index]!;
        expect(Math.abs(gradient - numeric), `${name}: ${gradient}, ${numeric}`).toBeLessThan(
          1e-4 + 0.02 * Math.abs(numeric),
        );
        largest = Math.max(largest, Math.abs(gradient));
        offset += size;
      }
      expect(largest).toBeGreaterThan(0.01);
      await built.dispose();
      await engine.dispose();
    },
  );
});
