import { availableParallelism, loadavg } from 'node:os';
import { openEngine } from '@medlego/engine';
import { float32, sizeOf } from '@medlego/tensors';
import {
  forwardFeatures,
  initAdapter,
  initParams,
  parseAdapterSpec,
  presetConfig,
  RandomStream,
} from '../src/index.ts';

/**
 * Images per second of the forward pass with an SVD-LoRA adapter on the onnx engine, one JSON line.
 *
 *     node libs/vit/bench/forward.ts [vit-nano] [batch] [seconds]
 */
const [size = 'vit-nano', batch = '32', seconds = '4'] = process.argv.slice(2);
const config = presetConfig(size);
const spec = parseAdapterSpec();
const shape = [Number(batch), config.imgSize, config.imgSize, config.inChans];
const images = float32(shape, new RandomStream(0, 'images').normals(sizeOf(shape), 1));

const engine = await openEngine();
const program = engine.compile({
  name: 'forwardFeatures',
  constants: initParams(config, 0),
  fn: ({ constants, state, inputs }) => ({
    outputs: { features: forwardFeatures(config, constants, inputs['images']!, { spec, tensors: state }) },
  }),
});
const state = await engine.createState(initAdapter(config, spec, { seed: 0 }));
for (let i = 0; i < 2; i++) await program.run({ images }, state);

const times: number[] = [];
for (const end = performance.now() + Number(seconds) * 1000; performance.now() < end || times.length < 3;) {
  const start = performance.now();
  await program.run({ images }, state);
  times.push(performance.now() - start);
}
times.sort((a, b) => a - b);
const median = times[Math.floor(times.length / 2)]!;
console.log(
  JSON.stringify({
    bench: 'forward',
    size,
    batch: Number(batch),
    runs: times.length,
    msPerBatch: Number(median.toFixed(2)),
    imagesPerSecond: Number(((Number(batch) * 1000) / median).toFixed(1)),
    threads: engine.info.intraOpThreads,
    cores: availableParallelism(),
    load: loadavg()[0],
  }),
);
await engine.dispose();
