import { specialistFiles, type ArtifactStore } from '@medlego/artifacts';
import type { Bus } from '@medlego/bus';
import type { Registry, Run } from '@medlego/registry';
import { announceRun, publishOnce } from '@medlego/run-service';

export interface AnnounceOptions {
  readonly bus: Bus;
  readonly registry: Registry;
  readonly store: ArtifactStore;
}

/** Tells the others how a run ended: publishes its specialist under its name, then the events; see `announceRun`. */
export const announceEnd = (run: Run, options: AnnounceOptions): Promise<void> =>
  announceRun(run, {
    ...options,
    before: async () => {
      if (run.state === 'succeeded') await announceSpecialist(run, options);
    },
  });

async function announceSpecialist(run: Run, { bus, registry, store }: AnnounceOptions): Promise<void> {
  const { manifest, digest } = await store.get(run.artifact!, { kind: 'specialist' });
  const { version } = (await publishOnce(registry.names, 'specialist', run.name, digest, { by: run.id }))!;
  const weights = (manifest.files[specialistFiles.adapter] ?? manifest.files[specialistFiles.head])!.digest;
  const task = manifest.tasks[0]!.name;
  await bus.publish({
    type: 'specialist.published',
    about: run.name,
    id: `${run.id}-published`,
    data: { artifact: digest, name: run.name, version, task, weights, run: run.id },
  });
}
