import type { ModelHost, ModelSlot } from './model-host.ts';

export const stateOf = ({ current, problem }: ModelSlot): 'READY' | 'LOADING' | 'UNAVAILABLE' =>
  current ? 'READY' : problem === null ? 'LOADING' : 'UNAVAILABLE';

/** Triton's repository index, in REST and gRPC. */
export const repositoryIndex = (host: ModelHost) =>
  [...host.slots.values()].map((slot) => ({
    name: slot.name,
    version: slot.current?.artifact.digest ?? '',
    state: stateOf(slot),
    reason: slot.problem ?? '',
  }));

/** Triton's statistics of a model, in REST and gRPC. */
export function modelStatistics(slot: ModelSlot) {
  const { success, failure, inferences, executions, requestMs, queueMs, computeMs } = slot.statistics;
  const entry = (count: number, ms: number) => ({ count, ns: Math.round(ms * 1e6) });
  return {
    name: slot.name,
    version: slot.current?.artifact.digest ?? '',
    inference_count: inferences,
    execution_count: executions,
    inference_stats: {
      success: entry(success, requestMs),
      fail: entry(failure, 0),
      queue: entry(inferences, queueMs),
      compute_infer: entry(executions, computeMs),
    },
  };
}
