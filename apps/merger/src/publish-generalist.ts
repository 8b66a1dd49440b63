import type { Bus } from '@medlego/bus';
import type { Registry, Run } from '@medlego/registry';
import { publishOnce } from '@medlego/run-service';
import { specOf } from './merge-spec.ts';
import { planNumber } from './tracks/plan.ts';

export interface PublishGeneralistOptions {
  readonly bus: Bus;
  readonly registry: Registry;
}

/**
 * Gives the result of a merge its version, once, and tells the others. The result of a plan that was replaced meanwhile gets none, so that
 * an older merge that ends later does not pass for the newest.
 */
export async function publishGeneralist(run: Run, { bus, registry }: PublishGeneralistOptions): Promise<void> {
  if (run.state !== 'succeeded') return;
  const { members, plan } = specOf(run);
  const artifact = run.artifact!;
  const isWanted = async () => plan === null || (await planNumber(registry, run.name)) === plan;
  const published = await publishOnce(registry.names, 'generalist', run.name, artifact, { by: run.id, isWanted });
  if (!published) return;
  await bus.publish({
    type: 'generalist.merged',
    about: run.name,
    id: `${run.id}-merged`,
    data: {
      artifact,
      name: run.name,
      version: published.version,
      members: members.map((member) => ({ name: member.task, artifact: member.artifact })),
      run: run.id,
    },
  });
}
