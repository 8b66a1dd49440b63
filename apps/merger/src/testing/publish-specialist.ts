import { specialistFiles, type ArtifactStore } from '@medlego/artifacts';
import type { Bus } from '@medlego/bus';
import type { Registry } from '@medlego/registry';

export interface Publication {
  readonly bus: Bus;
  readonly registry: Registry;
  readonly store: ArtifactStore;
}

/** Publishes a specialist of the store as a training Job does: under its name in the registry, then by an event. */
export async function publishSpecialist(ref: string, name: string, { bus, registry, store }: Publication) {
  const { digest, manifest } = await store.get(ref, { kind: 'specialist' });
  const { version } = await registry.names.publish('specialist', name, digest, { by: 'test' });
  const task = manifest.tasks[0]!.name;
  const weights = (manifest.files[specialistFiles.adapter] ?? manifest.files[specialistFiles.head])!.digest;
  await bus.publish({
    type: 'specialist.published',
    about: name,
    id: `${name}-${version}-published`,
    data: { artifact: digest, name, version, task, weights },
  });
  return { artifact: digest, version };
}
