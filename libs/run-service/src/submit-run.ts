import type { Bus } from '@medlego/bus';
import { RunNotFoundError } from '@medlego/errors';
import { currentTraceparent } from '@medlego/telemetry';
import { runIdOf, type Registry, type RunAt, type RunDraft, type RunKind } from '@medlego/registry';

/** Records a run and tells the others; the same request again is the same run. @throws as `RunRegistry.submit` */
export async function submitRun(
  draft: RunDraft,
  { bus, registry }: { readonly bus: Bus; readonly registry: Registry },
): Promise<RunAt> {
  const { run } = await registry.runs.submit({ traceparent: currentTraceparent(), ...draft });
  const data = { run: run.id, kind: run.kind, requestId: run.requestId };
  await bus.publish({ type: 'run.requested', about: run.id, id: `${run.id}-requested`, data });
  return run;
}

/** The run that a request stood for before; null for a new request. */
export async function findRun(registry: Registry, kind: RunKind, requestId: string): Promise<RunAt | null> {
  try {
    return await registry.runs.get(runIdOf(kind, requestId));
  } catch (error) {
    if (error instanceof RunNotFoundError) return null;
    throw error;
  }
}
