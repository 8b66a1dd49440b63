import { RunKind, RunState, type Run as RunMessage, type RunFilter as FilterMessage } from '@medlego/contracts/rpc';
import { InvalidValueError } from '@medlego/errors';
import type { RunAt, RunFilter, RunKind as Kind, RunState as State } from '@medlego/registry';

const kinds: Readonly<Record<Kind, RunKind>> = {
  training: RunKind.RUN_KIND_TRAINING,
  merging: RunKind.RUN_KIND_MERGING,
  evaluation: RunKind.RUN_KIND_EVALUATION,
};

const states: Readonly<Record<State, RunState>> = {
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
    kind: kinds[run.kind],
    state: states[run.state],
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

/** The filter of a request, narrowed to training runs. @throws InvalidValueError */
export function toTrainingFilter(filter: FilterMessage | undefined): RunFilter {
  if (filter?.kinds.some((kind) => kind !== RunKind.RUN_KIND_TRAINING))
    throw new InvalidValueError({
      field: 'filter.kinds',
      expected: 'training or none',
      actual: filter.kinds.join(', '),
    });
  return {
    kinds: ['training'],
    ...(filter?.ids.length ? { ids: filter.ids } : {}),
    ...(filter?.states.length ? { states: filter.states.map(toState) } : {}),
    ...(filter?.sweep ? { sweep: filter.sweep } : {}),
    ...(filter ? { labels: filter.labels } : {}),
  };
}

function toState(state: RunState): State {
  const found = (Object.keys(states) as State[]).find((name) => states[name] === state);
  if (!found) throw new InvalidValueError({ field: 'filter.states', expected: 'states of a run', actual: state });
  return found;
}
