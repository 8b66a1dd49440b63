import { createDataset, parsePreprocessSpec, type Dataset, type Split } from '@medlego/data';
import { parseTask, type TaskInput } from '@medlego/tasks';
import { digestTensors } from '@medlego/tensors';
import { initParams, parseVitConfig } from '@medlego/vit';
import type { Backbone } from '../train-together.ts';

/** A transformer of 8 x 8 pixels that trains in milliseconds. For specs. */
export const tinyConfig = parseVitConfig({
  imgSize: 8,
  patchSize: 4,
  embedDim: 16,
  depth: 2,
  numHeads: 2,
  mlpRatio: 2,
});

export function tinyBackbone(seed = 7): Backbone {
  const params = initParams(tinyConfig, seed);
  return { config: tinyConfig, params, digest: digestTensors(params), preprocess: parsePreprocessSpec({ imgSize: 8 }) };
}

/** Numbers in [0, 1) that depend on the seed only. */
export function numbers(seed: number): () => number {
  let state = Math.imul(seed + 1, 2654435761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Noise images with a bright quadrant that tells the class: easy for an adapter, harder for a probe on random features. */
function tinySplit(count: number, classes: number, seed: number): Split {
  const next = numbers(seed);
  const images = new Uint8Array(count * 8 * 8);
  const labels = Int32Array.from({ length: count }, (_, row) => row % classes);
  for (let row = 0; row < count; row++)
    for (let y = 0; y < 8; y++)
      for (let x = 0; x < 8; x++) {
        const quadrant = (y >= 4 ? 2 : 0) + (x >= 4 ? 1 : 0);
        images[row * 64 + y * 8 + x] = 110 * next() + (quadrant === labels[row] ? 80 * next() : 0);
      }
  return { images, count, height: 8, width: 8, channels: 1, labels, labelWidth: 1 };
}

export function tinyDataset(task: Partial<TaskInput> = {}, counts = { train: 70, val: 30, test: 40 }): Dataset {
  const parsed = parseTask({ name: 'tiny', kind: 'multi-class', labels: ['a', 'b', 'c'], ...task });
  const classes = parsed.labels.length;
  return createDataset({
    task: parsed,
    splits: {
      train: tinySplit(counts.train, classes, 1),
      val: tinySplit(counts.val, classes, 2),
      ...(counts.test ? { test: tinySplit(counts.test, classes, 3) } : {}),
    },
    source: { format: 'memory', path: 'tiny', skipped: [] },
  });
}

/** The same images with a 0/1 label per class. */
export function tinyMultiLabel(name = 'tiny'): Dataset {
  const base = tinyDataset();
  const spread = (split: Split): Split => ({
    ...split,
    labelWidth: 3,
    labels: Int32Array.from({ length: split.count * 3 }, (_, k) => (split.labels[Math.floor(k / 3)] === k % 3 ? 1 : 0)),
  });
  const { train, val, test } = base.splits;
  return createDataset({
    task: { ...base.task, name, kind: 'multi-label, binary-class' },
    splits: { train: spread(train), val: spread(val), test: spread(test) },
    source: { format: 'memory', path: name, skipped: [] },
  });
}
