import type { Bus } from '@medlego/bus';
import type { EventData } from '@medlego/contracts';
import type { Registry, Run } from '@medlego/registry';
import { continueTrace, count, record } from '@medlego/telemetry';

export interface AnnounceRunOptions {
  readonly bus: Bus;
  readonly registry: Registry;
  /** Comes before the events: what follows from the end of the run, such as publishing its result. May be repeated. */
  readonly before?: (run: Run) => Promise<void>;
}

const keyOf = (run: Run) => `announced.${run.id}`;

/**
 * Tells the others how a run ended: first what follows from it, then the event, then a mark that it was done. Whatever is interrupted is
 * repeated, with the same event ids.
 */
export const announceRun = (run: Run, options: AnnounceRunOptions): Promise<void> =>
  continueTrace(run.traceparent, () => announce(run, options));

async function announce(run: Run, { bus, registry, before }: AnnounceRunOptions): Promise<void> {
  if (await registry.documents.get(keyOf(run))) return;
  await before?.(run);
  const about = run.id;
  const data = { run: run.id, kind: run.kind };
  if (run.state === 'succeeded') {
    const succeeded = { ...data, artifact: run.artifact! };
    await bus.publish({ type: 'run.succeeded', about, id: `${about}-succeeded`, data: succeeded });
  } else if (run.state === 'failed') {
    const failed = { ...data, error: toErrorInfo(run.error!) };
    await bus.publish({ type: 'run.failed', about, id: `${about}-failed`, data: failed });
  } else {
    const cancelled = { ...data, reason: run.cancelReason ?? '' };
    await bus.publish({ type: 'run.cancelled', about, id: `${about}-cancelled`, data: cancelled });
  }
  await registry.documents.create(keyOf(run), { state: run.state });
  const labels = { kind: run.kind, state: run.state };
  count('runsEnded', labels);
  record('runDuration', (Date.parse(run.updated) - Date.parse(run.created)) / 1000, labels);
}

/** Tells the others that an attempt has begun. */
export async function announceStart(bus: Bus, { id, kind }: Run, attempt: number): Promise<void> {
  const data = { run: id, kind, attempt };
  await bus.publish({ type: 'run.started', about: id, id: `${id}-started-${attempt}`, data });
}

function toErrorInfo({ code, message, facts }: NonNullable<Run['error']>): EventData<'run.failed'>['error'] {
  return {
    code: code.slice(0, 100),
    message: message.slice(0, 2000),
    facts: JSON.parse(JSON.stringify(facts)) as EventData<'run.failed'>['error']['facts'],
  };
}
