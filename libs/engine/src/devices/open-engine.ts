import { availableParallelism } from 'node:os';
import { EngineUnavailableError, InvalidValueError } from '@medlego/errors';
import type { Engine, EngineOptions } from '../engine.ts';
import { registerGradients } from '../gradients/index.ts';

/**
 * Opens the engine that was asked for, by default ONNX Runtime on the CPU with all cores.
 * The runtimes are loaded on demand, so that importing this library costs little.
 * @throws EngineUnavailableError if the engine or device does not work here; InvalidValueError for a thread count below 1
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const { engine = 'onnx', device = 'cpu', intraOpThreads = availableParallelism() } = options;
  if (!Number.isInteger(intraOpThreads) || intraOpThreads < 1)
    throw new InvalidValueError({ field: 'intraOpThreads', expected: 'a whole number from 1', actual: intraOpThreads });
  if (device !== 'cpu' && device !== 'cuda')
    throw new InvalidValueError({ field: 'device', expected: 'cpu or cuda', actual: device });
  registerGradients();
  switch (engine) {
    case 'onnx':
      return (await import('./onnx.ts')).openOnnxEngine(device, intraOpThreads);
    case 'tensorflow':
      return (await import('./tensorflow.ts')).openTensorflowEngine(device, intraOpThreads);
    case 'cpu':
      if (device === 'cpu') return (await import('./cpu.ts')).openCpuEngine();
      throw new EngineUnavailableError({
        engine,
        device,
        tried: 'engine cpu is plain JavaScript',
        remedy: 'Use engine onnx or tensorflow with device cuda.',
      });
    default:
      throw new InvalidValueError({
        field: 'engine',
        expected: 'onnx, tensorflow or cpu',
        actual: engine satisfies never,
      });
  }
}
