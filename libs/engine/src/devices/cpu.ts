import * as tf from '@tensorflow/tfjs-core';
import type { EngineInfo } from '../engine.ts';
import { EagerEngine } from '../eager/engine.ts';

/** tfjs in plain JavaScript. */
export async function openCpuEngine(): Promise<EagerEngine> {
  // Production mode keeps tfjs from printing an advertisement for tfjs-node at the first tensor.
  tf.enableProdMode();
  const { version_cpu: version } = await import('@tensorflow/tfjs-backend-cpu');
  const info: EngineInfo = {
    engine: 'cpu',
    device: 'cpu',
    reason: 'asked for: tfjs in plain JavaScript, the numerical reference',
    intraOpThreads: 1,
    versions: { '@tensorflow/tfjs-core': tf.version_core, '@tensorflow/tfjs-backend-cpu': version },
  };
  return new EagerEngine(info, 'cpu');
}
