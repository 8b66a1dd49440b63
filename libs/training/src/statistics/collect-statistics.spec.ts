import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, type Engine } from '@medlego/engine';
import { InvalidValueError } from '@medlego/errors';
import { float32, type HostTensor, type NamedTensors } from '@medlego/tensors';
import {
  foldAdapter,
  initAdapter,
  initHead,
  moduleWeight,
  parseAdapterSpec,
  parseModulePath,
  RandomStream,
} from '@medlego/vit';
import { computeFeatures, type AdapterModel } from '../features.ts';
import { applyHead, toScores } from '../head.ts';
import { splitImages } from '../split-images.ts';
import type { TaskShape } from '../targets.ts';
import { tinyBackbone, tinyConfig, tinyDataset } from '../testing/tiny.ts';
import { collectStatistics, type StatisticsOptions } from './collect-statistics.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ intraOpThreads: 1 });
});
afterAll(() => engine.dispose());

const backbone = tinyBackbone();
const images = splitImages({ ...tinyDataset().splits.train, count: 5 }, backbone.preprocess);
const head = {
  ...initHead(tinyConfig, 3, 1),
  'head.weight': float32([3, 16], new RandomStream(2, 'head').normals(48, 0.5)),
};
const classes: TaskShape = { kind: 'multi-class', labels: ['a', 'b', 'c'] };

function adapterOf(kind: 'svd-lora' | 'lora' | 'full', targetModules = ['q', 'v']): AdapterModel {
  const spec = parseAdapterSpec({ kind, rank: 2, targetModules });
  const fresh = initAdapter(tinyConfig, spec, { seed: 1, params: backbone.params });
  if (kind === 'full') return { spec, tensors: fresh };
  const tensors = Object.fromEntries(
    Object.entries(fresh).map(([name, { shape }]) => [
      name,
      float32(
        shape,
        new RandomStream(4, name).normals(
          shape.reduce((a, b) => a * b, 1),
          0.4,
        ),
      ),
    ]),
  );
  return { spec, tensors };
}

const collect = (options: Partial<StatisticsOptions>) =>
  collectStatistics({
    engine,
    backbone,
    adapter: adapterOf('svd-lora'),
    head,
    task: classes,
    images,
    kinds: ['gram', 'fisher'],
    ...options,
  });

const dataOf = (tensor: HostTensor<'float32'> | undefined) => tensor!.data;

/** log p(label) of every image (z for multi-label) under a backbone with one weight nudged. */
async function nudged(params: NamedTensors, task: TaskShape, param: string, index: number, shift: number) {
  const data = (params[param]!.data as Float32Array).slice();
  data[index]! += shift;
  const shifted = { ...params, [param]: float32(params[param]!.shape, data) };
  const features = await computeFeatures(engine, { config: tinyConfig, params: shifted }, images);
  const logits = applyHead(features, head);
  const scores = toScores(task.kind, logits);
  return { logits: logits.data, scores: scores.data };
}

describe('Fisher information', () => {
  it.each([
    ['multi-class', 'svd-lora', 'blocks.0.attn.q'],
    ['multi-class', 'svd-lora', 'blocks.1.attn.v'],
    ['multi-class', 'full', 'blocks.0.mlp.fc1'],
    ['multi-label, binary-class', 'lora', 'blocks.0.attn.v'],
  ] as const)(
    'of a %s task (%s) agrees with finite differences of the dense weight in %s',
    async (kind, adapterKind, module) => {
      const task: TaskShape = { ...classes, kind };
      const adapter = adapterOf(adapterKind);
      const { fisher } = await collect({ adapter, task, kinds: ['fisher'], batchSize: 3 });
      const folded = foldAdapter(tinyConfig, backbone.params, adapter);
      const { block, target } = parseModulePath(module)!;
      const { param, firstRow } = moduleWeight(tinyConfig, block, target);
      const inner = 16;
      const largest = dataOf(fisher[module]).reduce((max, value, i, all) => (value > all[max]! ? i : max), 0);
      for (const index of [largest, 37]) {
        const at = firstRow * inner + index;
        const h = 0.02;
        const [up, down, here] = [
          await nudged(folded, task, param, at, h),
          await nudged(folded, task, param, at, -h),
          await nudged(folded, task, param, at, 0),
        ];
        let expected = 0;
        for (let k = 0; k < here.scores.length; k++) {
          const p = here.scores[k]!;
          const slope =
            kind === 'multi-class'
              ? (Math.log(up.scores[k]!) - Math.log(down.scores[k]!)) / (2 * h)
              : (up.logits[k]! - down.logits[k]!) / (2 * h);
          expected += ((kind === 'multi-class' ? p : p * (1 - p)) * slope ** 2) / images.count;
        }
        const actual = dataOf(fisher[module])[index]!;
        expect(Math.abs(actual - expected), `${index}: ${actual}, ${expected}`).toBeLessThan(0.03 * expected + 1e-7);
      }
    },
  );

  it('does not depend on how images are batched, and is nowhere negative', async () => {
    const [whole, single] = [
      await collect({ kinds: ['fisher'], batchSize: 4 }),
      await collect({ kinds: ['fisher'], batchSize: 1 }),
    ];
    for (const [module, tensor] of Object.entries(whole.fisher)) {
      const scale = Math.max(...tensor.data);
      tensor.data.forEach((value, i) => {
        expect(value).toBeGreaterThanOrEqual(0);
        expect(Math.abs(value - single.fisher[module]!.data[i]!)).toBeLessThan(1e-4 * scale);
      });
    }
  });
});

describe('Grams', () => {
  it('are symmetric, positive on the diagonal, one per block for q, k and v, and count every token', async () => {
    const {
      gram,
      sharedWith,
      tokens,
      images: count,
    } = await collect({ adapter: adapterOf('svd-lora', ['q', 'k', 'v', 'fc2']) });
    expect(Object.keys(gram).sort()).toEqual([
      'blocks.0.attn.q',
      'blocks.0.mlp.fc2',
      'blocks.1.attn.q',
      'blocks.1.mlp.fc2',
    ]);
    expect(sharedWith).toEqual({
      'blocks.0.attn.k': 'blocks.0.attn.q',
      'blocks.0.attn.v': 'blocks.0.attn.q',
      'blocks.1.attn.k': 'blocks.1.attn.q',
      'blocks.1.attn.v': 'blocks.1.attn.q',
    });
    expect([tokens, count]).toEqual([5 * 5, 5]); // 2 x 2 patches and the class token
    expect(gram['blocks.0.mlp.fc2']!.shape).toEqual([32, 32]);
    for (const { data, shape } of Object.values(gram)) {
      const size = shape[0]!;
      for (let i = 0; i < size; i++) {
        expect(data[i * size + i]).toBeGreaterThan(0);
        for (let j = 0; j < i; j++) expect(data[i * size + j]).toBeCloseTo(data[j * size + i]!, 6);
      }
    }
  });

  it('after a LayerNorm of weight 1 have the trace of normalised rows', async () => {
    const { gram } = await collect({ kinds: ['gram'], batchSize: 2 });
    const data = dataOf(gram['blocks.0.attn.q']);
    const trace = Array.from({ length: 16 }, (_, i) => data[i * 17]!).reduce((sum, value) => sum + value);
    expect(trace).toBeCloseTo(16, 1); // each row has mean square 1 over 16 features
  });

  it('depend on the adapter: they are collected along the own forward pass', async () => {
    const { gram } = await collect({ kinds: ['gram'] });
    const plain = await collect({ kinds: ['gram'], adapter: adapterOf('full', ['q', 'v']) });
    expect(dataOf(gram['blocks.0.attn.q'])).toEqual(dataOf(plain.gram['blocks.0.attn.q'])); // nothing has been adapted before it
    expect(dataOf(gram['blocks.1.attn.q'])).not.toEqual(dataOf(plain.gram['blocks.1.attn.q']));
  });
});

describe('statistics', () => {
  it('of a full specialist cover the linear layers of every block', async () => {
    const { gram, fisher } = await collect({ adapter: adapterOf('full') });
    expect(Object.keys(gram)).toHaveLength(2 * 4);
    expect(Object.keys(fisher)).toHaveLength(2 * 6);
  });

  it('are refused for a head-only specialist, which has no modules', async () => {
    const run = collect({ adapter: { spec: parseAdapterSpec({ kind: 'head-only' }), tensors: {} } });
    await expect(run).rejects.toBeInstanceOf(InvalidValueError);
    await expect(run).rejects.toThrow(/adapted modules/);
  });
});
