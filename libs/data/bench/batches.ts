// Milliseconds per batch of 64 images, 28 x 28 x 3, as JSON: node libs/data/bench/batches.ts
import { cpus } from 'node:os';
import { createBatchLoader, parseAugmentSpec, parsePreprocessSpec, type AugmentInput, type Split } from '../src/index.ts';

const side = 32;
const count = 4096;
const split: Split = {
  images: Uint8Array.from({ length: count * side * side * 3 }, (_, index) => (index * 31 + (index >> 7)) & 255),
  count,
  height: side,
  width: side,
  channels: 3,
  labels: Int32Array.from({ length: count }, (_, row) => row % 10),
  labelWidth: 1,
};
const jitter = { brightness: 0.4, contrast: 0.4, saturation: 0.4, grayscale: 0.1 };
const cases: Record<string, AugmentInput | undefined> = {
  none: undefined,
  'crop, flip': { crop: {}, horizontalFlip: 0.5 },
  'crop, flip, jitter, cutout': { crop: { padding: 4 }, horizontalFlip: 0.5, ...jitter, cutout: { size: 8 } },
  'resized crop, flip, jitter, cutout': { resizedCrop: {}, horizontalFlip: 0.5, ...jitter, cutout: { size: 8 } },
};

const milliseconds = Object.fromEntries(
  Object.entries(cases).map(([name, input]) => {
    const loader = createBatchLoader(split, {
      task: { kind: 'multi-class', labels: Array.from({ length: 10 }, (_, label) => String(label)) },
      batchSize: 64,
      preprocess: parsePreprocessSpec({ imgSize: 28, crop: 28 / side }),
      shuffle: true,
      ...(input && { augment: parseAugmentSpec(input) }),
    });
    const run = (epoch: number) => {
      for (let step = 0; step < loader.stepsPerEpoch; step++) loader.batchAt(epoch, step);
    };
    run(0);
    const times = Array.from({ length: 7 }, (_, epoch) => {
      const start = performance.now();
      run(epoch + 1);
      return (performance.now() - start) / loader.stepsPerEpoch;
    });
    return [name, Number(times.sort((a, b) => a - b)[3]!.toFixed(3))];
  }),
);
console.log(JSON.stringify({ bench: 'data.batches', batch: 64, milliseconds, cpu: cpus()[0]?.model, node: process.version }));
