import * as ort from 'onnxruntime-node';
import { EngineUnavailableError } from '@medlego/errors';
import type { Device } from '../engine.ts';
import { Graph } from '../ir/graph.ts';
import { OnnxEngine } from '../onnx/engine.ts';
import { serialiseModel } from '../onnx/model.ts';
import { reasonOf, sessionOptions } from '../onnx/session.ts';

/** @throws EngineUnavailableError if a small graph cannot be run on the device */
export async function openOnnxEngine(device: Device, intraOpThreads: number): Promise<OnnxEngine> {
  await probeDevice(device);
  return new OnnxEngine({
    engine: 'onnx',
    device,
    reason:
      device === 'cuda'
        ? 'asked for: compiled graphs on the CUDA provider of ONNX Runtime, which ran a test graph'
        : 'compiled graphs on the CPU provider of ONNX Runtime',
    intraOpThreads,
    versions: { 'onnxruntime-node': ort.env.versions.node ?? 'unknown' },
  });
}

/** Multiplies two small matrices on the device, with no other device to fall back to. */
async function probeDevice(device: Device): Promise<void> {
  const graph = new Graph('device probe');
  const info = { dtype: 'float32', shape: [2, 2] } as const;
  graph.outputs.set(
    'y',
    graph.emit('MatMul', [graph.addInput('x', info), graph.constant('float32', [2, 2], [1, 2, 3, 4])], info),
  );
  const { model } = serialiseModel(graph);
  try {
    const session = await ort.InferenceSession.create(model, {
      ...sessionOptions({ device, intraOpThreads: 1 }),
      ...(device === 'cpu' ? {} : { extra: { session: { disable_cpu_ep_fallback: '1' } } }),
    });
    try {
      const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.of(1, 0, 0, 1), [2, 2]) });
      const found = Array.from(y!.data as Float32Array).join();
      if (found !== '1,2,3,4') throw new Error(`a test product gave [${found}]`);
    } finally {
      await session.release();
    }
  } catch (error) {
    throw new EngineUnavailableError(
      {
        engine: 'onnx',
        device,
        tried: `a test graph on the ${device} provider of onnxruntime-node ${ort.env.versions.node ?? ''}: ${reasonOf(error)}`,
        remedy:
          device === 'cuda'
            ? 'Needs Linux x64, an NVIDIA driver, CUDA 12 and cuDNN 9 on the library path, and the CUDA libraries of onnxruntime-node (node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12). Or use device cpu.'
            : 'Reinstall onnxruntime-node for this platform (npm ci).',
      },
      { cause: error },
    );
  }
}
