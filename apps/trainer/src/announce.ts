import { specialistFiles, type ArtifactStore } from '@medlego/artifacts';
import type { Bus } from '@medlego/bus';
import type { EventData } from '@medlego/contracts';
import type { Registry, Run } from '@medlego/registry';

export interface AnnounceOptions {
  readonly bus: Bus;
  readonly registry: Registry;
  readonly store: ArtifactStore;
}

const keyOf = (run: Run) => `announced.${run.id}`;

/**
 * Tells the others how a run ended: publishes its specialist under its name, then the events, then a mark that it was done. Whatever is
 * interrupted is repeated, with the same version and the same event ids.
 */
export async function announceEnd(run: Run, options: AnnounceOptions): Promise<void> {
  const { bus, registry } = options;
  if (await registry.documents.get(keyOf(run))) return;
  const about = run.id;
  const data = { run: run.id, kind: run.kind };
  if (run.state === 'succeeded') {
    await announceSpecialist(run, options);
    const succeeded = { ...data, artifact: run.artifact! };
    await bus.publish({ type: 'run.succeeded', about, id: `${about}-succeeded`, data: succeeded });
  } else if (run.state === 'failed') {
    const { code, message, facts } = run.error!;
    const error = {
      code,
      message: message.slice(0, 2000),
      facts: JSON.parse(JSON.stringify(facts)) as EventData<'run.failed'>['error']['facts'],
    };
    await bus.publish({ type: 'run.failed', about, id: `${about}-failed`, data: { ...data, error } });
  } else {
    const cancelled = { ...data, reason: run.cancelReason ?? '' };
    await bus.publish({ type: 'run.cancelled', about, id: `${about}-cancelled`, data: cancelled });
  }
  await registry.documents.create(keyOf(run), { state: run.state });
}

async function announceSpecialist(run: Run, { bus, registry, store }: AnnounceOptions): Promise<void> {
  const { manifest, digest } = await store.get(run.artifact!, { kind: 'specialist' });
  const { version } = await registry.names.publish('specialist', run.name, digest, { by: run.id });
  const weights = (manifest.files[specialistFiles.adapter] ?? manifest.files[specialistFiles.head])!.digest;
  const task = manifest.tasks[0]!.name;
  await bus.publish({
    type: 'specialist.published',
    about: run.name,
    id: `${run.id}-published`,
    data: { artifact: digest, name: run.name, version, task, weights, run: run.id },
  });
}
