import { specialistFiles } from '@medlego/artifacts';
import { type Site } from './site.ts';

/** Publishes a specialist of the store under a name, as a training Job does. */
export async function publishSpecialist(ref: string, name: string, { store, registry, bus }: Site): Promise<number> {
  const { digest, manifest } = await store.get(ref, { kind: 'specialist' });
  const { version } = await registry.names.publish('specialist', name, digest, { by: 'e2e' });
  const task = manifest.tasks[0]!.name;
  const weights = manifest.files[specialistFiles.adapter]!.digest;
  await bus.publish({
    type: 'specialist.published',
    about: name,
    id: `${name}-${version}-published`,
    data: { artifact: digest, name, version, task, weights },
  });
  return version;
}
