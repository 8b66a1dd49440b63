import { openEngine } from '@medlego/engine';
import { float32 } from '@medlego/tensors';
import { forwardFeatures, headLogits, initHead, initParams, presetConfig, RandomStream } from '@medlego/vit';
import type { Bench, MeasureOptions, Measured, PeerMode } from '../bench.ts';
import { rateOf } from '../timing.ts';

const model = 'vit_base_patch16_224';
const batches: Readonly<Record<string, number>> = { 'vit_b16-batch1': 1, 'vit_b16-batch8': 8 };

/** Images per second of the forward pass of ViT-B/16 with a head of 1000 labels, as the peers' model has. */
async function measure({ size, threads, seconds }: MeasureOptions): Promise<Measured> {
  const batch = batches[size]!;
  const config = presetConfig(model);
  const engine = await openEngine({ intraOpThreads: threads });
  const program = engine.compile({
    name: 'forward',
    constants: { ...initParams(config, 0), ...initHead(config, 1000, 0) },
    fn: ({ constants, inputs }) => {
      const { 'head.weight': weight, 'head.bias': bias, ...params } = constants;
      const features = forwardFeatures(config, params, inputs['images']!);
      return { outputs: { logits: headLogits(features, { 'head.weight': weight!, 'head.bias': bias! }) } };
    },
  });
  const images = float32([batch, 224, 224, 3], new RandomStream(0, 'images').normals(batch * 224 * 224 * 3, 1));
  const rate = await rateOf(() => program.run({ images }), { warmUps: 3, seconds, leastRuns: 5 });
  await engine.dispose();
  return { value: rate * batch };
}

const mode = (name: string): PeerMode => ({
  name,
  script: 'bench_forward.py',
  args: ({ size, threads, seconds, folder }) => [
    ...['--peers', name, '--batches', String(batches[size]), '--threads', String(threads)],
    ...['--seconds', String(seconds), '--onnx', `${folder}/vit_b16.onnx`],
  ],
  read: (line) => line['imagesPerSecond'] as number | undefined,
});

export const forward: Bench = {
  name: 'forward',
  title: 'Forward pass of ViT-B/16',
  unit: 'images/s',
  higherIsBetter: true,
  sizes: Object.keys(batches),
  measure,
  peer: { name: 'pytorch', modes: [mode('eager'), mode('compile'), mode('onnxruntime')] },
};
