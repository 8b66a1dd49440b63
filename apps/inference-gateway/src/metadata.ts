import type { ModelHost, ServedVersion } from './models/model-host.ts';
import { inputName } from './inputs/preprocess-input.ts';

export const serverMetadata = {
  name: 'medlego',
  version: '0.1.0',
  extensions: ['binary_tensor_data', 'model_repository', 'statistics'],
} as const;

/** What is said about a model, in REST and gRPC. Input UINT8 of any size stands for the others that are taken. */
export function modelMetadata(host: ModelHost, name: string, version: ServedVersion) {
  const { previous } = host.slot(name);
  return {
    name,
    versions: [version, previous].filter((one) => one !== null).map(({ artifact }) => artifact.digest),
    platform: 'medlego_onnxruntime',
    inputs: [{ name: inputName, datatype: 'UINT8', shape: [-1, -1, -1, 3] }],
    outputs: version.heads.map(({ task }) => ({ name: task.name, datatype: 'FP32', shape: [-1, task.labels.length] })),
  };
}

/**
 * Why the server cannot answer now; undefined when every model can.
 * @param needed models that have to answer; default: all, and at least one
 */
export function notReadyReason(host: ModelHost, needed?: readonly string[]): string | undefined {
  if (host.draining) return 'shutting down';
  if (host.computeFailure !== undefined) return `the computing thread failed: ${host.computeFailure}`;
  if (!needed && host.slots.size === 0) return 'no model is loaded';
  const waiting = [...(needed ?? host.slots.keys())].filter((name) => {
    const slot = host.slots.get(name);
    return !slot?.current && !slot?.isAwaited;
  });
  return waiting.length > 0 ? `not loaded: ${waiting.join(', ')}` : undefined;
}
