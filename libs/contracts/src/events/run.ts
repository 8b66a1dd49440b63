import { z } from 'zod';
import { defineEvent } from '../event-definition.ts';
import { digest, errorInfo, requestId, runId, runKind, text } from '../fields.ts';

const run = { run: runId, kind: runKind };
const shared = { id: 'the run’s id', producer: 'the service that owns the run' };

export const runRequested = defineEvent({
  ...shared,
  type: 'run.requested',
  meaning: 'A run was recorded in the registry and waits to be queued.',
  data: z.object({ ...run, requestId }),
});

export const runStarted = defineEvent({
  ...shared,
  type: 'run.started',
  meaning: 'An attempt of a run has begun.',
  data: z.object({ ...run, attempt: z.int().positive() }),
});

export const runSucceeded = defineEvent({
  ...shared,
  type: 'run.succeeded',
  meaning: 'A run has ended and its result is stored.',
  data: z.object({ ...run, artifact: digest }),
});

export const runFailed = defineEvent({
  ...shared,
  type: 'run.failed',
  meaning: 'A run has ended without a result and will not be tried again.',
  data: z.object({ ...run, error: errorInfo }),
});

export const runCancelRequested = defineEvent({
  ...shared,
  type: 'run.cancel-requested',
  meaning: 'Somebody wants a run to stop; its owner stops the Job.',
  data: z.object({ ...run, reason: text }),
});

export const runCancelled = defineEvent({
  ...shared,
  type: 'run.cancelled',
  meaning: 'A run was stopped at somebody’s wish.',
  data: z.object({ ...run, reason: text }),
});
