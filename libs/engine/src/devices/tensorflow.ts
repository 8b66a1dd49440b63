import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import { EngineUnavailableError } from '@medlego/errors';
import type { Device } from '../engine.ts';
import { EagerEngine } from '../eager/engine.ts';
import { registerGradients } from '../gradients/index.ts';
import { reasonOf } from '../onnx/session.ts';
import { withTfBackend } from '../trace/with-tf-backend.ts';

const packages: Readonly<Record<Device, string>> = { cpu: '@tensorflow/tfjs-node', cuda: '@tensorflow/tfjs-node-gpu' };

/** What of the tfjs-node packages is used; they are no dependency, since their installation downloads libtensorflow. */
interface TfjsNode {
  readonly version: Readonly<Record<string, string>>;
  backend(): { readonly isUsingGpuDevice?: boolean };
}

/** libtensorflow reads its thread count once, when it is loaded: it stays for the process. */
let loaded: { readonly device: Device; readonly threads: number; readonly module: TfjsNode } | undefined;

/** @throws EngineUnavailableError if the package is not installed, its library does not load, or it finds no GPU although asked for one */
export async function openTensorflowEngine(device: Device, intraOpThreads: number): Promise<EagerEngine> {
  const { module, threads } = load(device, intraOpThreads);
  const backend = withTfBackend('tensorflow', () => module.backend());
  if (device === 'cuda' && !backend.isUsingGpuDevice)
    throw unavailable(device, `${packages[device]} is loaded and sees no GPU`);
  registerGradients(); // the package has registered tfjs's own
  return new EagerEngine(
    {
      engine: 'tensorflow',
      device,
      reason:
        threads === intraOpThreads
          ? `asked for: ${packages[device]}, eager`
          : `asked for: ${packages[device]}, eager; this process loaded libtensorflow with ${threads} threads before`,
      intraOpThreads: threads,
      versions: { [packages[device]]: module.version['tfjs-node'] ?? module.version['tfjs-core'] ?? 'unknown' },
    },
    'tensorflow',
  );
}

function load(device: Device, intraOpThreads: number): NonNullable<typeof loaded> {
  if (loaded && loaded.device !== device)
    throw unavailable(
      device,
      `this process has loaded ${packages[loaded.device]} already, and can hold one libtensorflow`,
    );
  if (loaded) return loaded;
  process.env.TF_NUM_INTRAOP_THREADS ??= String(intraOpThreads);
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'; // libtensorflow reports its CPU features on stderr otherwise
  tf.enableProdMode();
  const before = tf.engine().backendName as string | undefined;
  try {
    // require, not import: it also searches NODE_PATH, for a package that is installed outside of this folder.
    const module = createRequire(import.meta.url)(packages[device]) as TfjsNode;
    loaded = { device, threads: Number(process.env.TF_NUM_INTRAOP_THREADS), module };
    return loaded;
  } catch (error) {
    throw unavailable(device, `loading ${packages[device]}: ${reasonOf(error).split('\n')[0]}`, error);
  } finally {
    if (before) void tf.setBackend(before); // the package makes its backend the active one
  }
}

function unavailable(device: Device, tried: string, cause?: unknown): EngineUnavailableError {
  const remedy =
    `Install it beside this project (npm install --no-save ${packages[device]}@4.22.0; its install script downloads libtensorflow)` +
    (device === 'cuda' ? ' on Linux x64 with an NVIDIA driver, CUDA 11.8 and cuDNN 8.6,' : '') +
    ' or use engine onnx.';
  return new EngineUnavailableError({ engine: 'tensorflow', device, tried, remedy }, { cause });
}
