import { RunKind, RunState, type Run as RunMessage } from '@medlego/contracts/rpc';
import type { RunAt, RunKind as Kind, RunState as State } from '@medlego/registry';

/** Kinds as they are sent. */
export const kindMessages: Readonly<Record<Kind, RunKind>> = {
  training: RunKind.RUN_KIND_TRAINING,
  merging: RunKind.RUN_KIND_MERGING,
  evaluation: RunKind.RUN_KIND_EVALUATION,
};

/** States as they are sent. */
export const stateMessages: Readonly<Record<State, RunState>> = {
  requested: RunState.RUN_STATE_REQUESTED,
  queued: RunState.RUN_STATE_QUEUED,
  running: RunState.RUN_STATE_RUNNING,
  succeeded: RunState.RUN_STATE_SUCCEEDED,
  failed: RunState.RUN_STATE_FAILED,
  cancelled: RunState.RUN_STATE_CANCELLED,
};

/** A run as it is sent. */
export function toRunMessage(run: RunAt): RunMessage {
  const { progress, error } = run;
  return {
    id: run.id,
    kind: kindMessages[run.kind],
    state: stateMessages[run.state],
    requestId: run.requestId,
    name: run.name,
    sweep: run.sweep ?? '',
    labels: { ...run.labels },
    attempts: run.attempts,
    progress: {
      fraction: progress.fraction,
      etaSeconds: progress.etaSeconds ?? undefined,
      imagesPerSecond: progress.imagesPerSecond ?? undefined,
      lastLoss: progress.lastLoss ?? undefined,
      checkpoint: progress.checkpoint ?? undefined,
      message: progress.message,
    },
    artifact: run.artifact ?? '',
    error: error ? { code: error.code, message: error.message, factsJson: JSON.stringify(error.facts) } : undefined,
    cancelRequested: run.cancelReason !== null,
    created: new Date(run.created),
    updated: new Date(run.updated),
    revision: run.revision,
    specJson: JSON.stringify(run.spec),
  };
}
