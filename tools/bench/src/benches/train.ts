import { openEngine } from '@medlego/engine';
import { float32 } from '@medlego/tensors';
import { createSpecialistStep, parseTrainingSettings } from '@medlego/training';
import { initAdapter, initHead, initParams, RandomStream } from '@medlego/vit';
import type { Bench, MeasureOptions, Measured } from '../bench.ts';
import { trainSizes } from '../sizes.ts';
import { rateOf } from '../timing.ts';

const labels = Array.from({ length: 8 }, (_, i) => `label ${i}`);

/** Images per second of whole training steps: forward, backward, orthogonality penalty, clipping, AdamW, as `medlego train` does them. */
async function measure({ size, threads, seconds }: MeasureOptions): Promise<Measured> {
  const { config, batch, microBatch } = trainSizes[size]!;
  const engine = await openEngine({ intraOpThreads: threads });
  const settings = parseTrainingSettings({ batchSize: batch, microBatchSize: microBatch });
  const params = initParams(config, 0);
  const { step, initial, dispose } = createSpecialistStep(engine, {
    config,
    params,
    task: { kind: 'multi-class', labels },
    settings,
    adapter: initAdapter(config, settings.adapter, { seed: 0, params }),
    head: initHead(config, labels.length, 0),
  });
  const state = await step.createState(initial);
  const { imgSize } = config;
  const images = float32(
    [batch, imgSize, imgSize, 3],
    new RandomStream(0, 'images').normals(batch * imgSize * imgSize * 3, 1),
  );
  const targets = float32(
    [batch, labels.length],
    Float32Array.from({ length: batch * labels.length }, (_, i) =>
      i % labels.length === Math.floor(i / labels.length) % labels.length ? 1 : 0,
    ),
  );
  const weights = float32([batch], new Float32Array(batch).fill(1 / batch));
  let update = 0;
  const rate = await rateOf(
    () => step.run({ images, targets, weights, count: batch }, { learningRate: 3e-4, update: ++update }, state),
    { warmUps: 3, seconds, leastRuns: 3 },
  );
  await state.dispose();
  await dispose();
  await engine.dispose();
  return { value: rate * batch };
}

const mode = (name: string, more: readonly string[]) => ({
  name,
  script: 'bench_train.py',
  args: ({ size, threads, seconds }: MeasureOptions) => [
    ...['--sizes', size, '--adapters', 'lora', '--threads', String(threads), '--seconds', String(seconds)],
    ...more,
  ],
  read: (line: Readonly<Record<string, unknown>>) => line['imagesPerSecond'] as number | undefined,
});

export const train: Bench = {
  name: 'train',
  title: 'Training step, SVD-LoRA rank 4 on q and v, head, AdamW (peer: LoRA)',
  unit: 'images/s',
  higherIsBetter: true,
  sizes: Object.keys(trainSizes),
  target: 1.3,
  note: 'At ViT-B/16 matrix products take most of the step (87 % in a profile); the largest are already made of seven products instead of eight.',
  measure,
  peer: { name: 'pytorch+peft', modes: [mode('eager', []), mode('compile', ['--compile'])] },
};
