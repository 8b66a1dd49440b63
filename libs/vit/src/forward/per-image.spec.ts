import type * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { openEngine } from '@medlego/engine';
import { float32, type NamedTensors } from '@medlego/tensors';
import { initAdapter } from '../adapters/init-adapter.ts';
import { parseAdapterSpec } from '../adapters/adapter-spec.ts';
import { targetModules } from '../adapters/modules.ts';
import { parseVitConfig } from '../config/vit-config.ts';
import { initParams } from '../params/init-params.ts';
import { RandomStream } from '../random/random-stream.ts';
import { distance } from '../../tests/support.ts';
import { forwardFeatures } from './forward.ts';

const config = parseVitConfig({ imgSize: 8, patchSize: 4, embedDim: 12, depth: 3, numHeads: 3, mlpRatio: 2 });

it('gives every image of a batch the features of its own adapter, on the compiled graph too', async () => {
  const params = initParams(config, 0);
  const spec = parseAdapterSpec({ rank: 3, alpha: 6, targetModules: [...targetModules] });
  const adapters = [0, 1].map((seed) =>
    Object.fromEntries(
      Object.entries(initAdapter(config, spec, { seed })).map(([name, { shape, data }]) => [
        name,
        float32(shape, new RandomStream(seed, name).normals(data.length, 0.4)),
      ]),
    ),
  );
  const stacked: NamedTensors = Object.fromEntries(
    Object.keys(adapters[0]!).map((name) => [
      name,
      float32(
        [2, ...adapters[0]![name]!.shape],
        Float32Array.from(adapters.flatMap((tensors) => [...(tensors[name]!.data as Float32Array)])),
      ),
    ]),
  );
  const pixels = new RandomStream(3, 'images').normals(2 * 192, 1);
  for (const engine of ['cpu', 'onnx'] as const) {
    const opened = await openEngine({ engine, intraOpThreads: 1 });
    const run = async (tensors: NamedTensors, images: Float32Array) =>
      (
        await opened
          .compile({
            name: 'features',
            constants: params,
            fn: ({ constants, inputs: { images, ...rest } }) => ({
              outputs: { features: forwardFeatures(config, constants, images as tf.Tensor, { spec, tensors: rest }) },
            }),
          })
          .run({ ...tensors, images: float32([images.length / 192, 8, 8, 3], images) })
      )['features']!;
    const both = await run(stacked, pixels);
    for (const row of [0, 1]) {
      const alone = await run(adapters[row]!, pixels.slice(row * 192, (row + 1) * 192));
      const mine = float32([1, 12], (both.data as Float32Array).slice(row * 12, (row + 1) * 12));
      expect(distance(mine, alone), `${engine} row ${row}`).toBeLessThan(1e-5);
    }
    await opened.dispose();
  }
});
