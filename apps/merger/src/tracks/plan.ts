import { createHash } from 'node:crypto';
import { canonicalJson } from '@medlego/artifacts';
import type { Bus } from '@medlego/bus';
import { toSegment, type Registry, type RunAt } from '@medlego/registry';
import { findRun, readTrack, submitRun, type TrackAt } from '@medlego/run-service';
import { toSpecJson } from '../merge-spec.ts';
import { newestSpecialists, type NewestSpecialist } from './newest-specialist.ts';

/** What a generalist that follows tasks is to be merged from now. */
interface Plan {
  /** Grows by one with each change. */
  readonly number: number;
  /** Of recipe and members: the same content needs no new merge. */
  readonly content: string;
  readonly recipe: TrackAt['recipe'];
  readonly members: readonly NewestSpecialist[];
}

const keyOf = (generalist: string) => `plan.${toSegment(generalist)}`;

/** Number of a generalist's plan; 0 for none. */
export async function planNumber({ documents }: Registry, generalist: string): Promise<number> {
  return ((await documents.get(keyOf(generalist)))?.value as Plan | undefined)?.number ?? 0;
}

/**
 * Brings a generalist that follows tasks up to date: plans a merge of the newest specialists and submits it, unless that was done. The
 * number of the plan is settled by compare-and-set and the request id follows from it: mergers that race submit one run.
 *
 * @returns null while it follows nothing, or a task has no specialist yet
 */
export async function updateGeneralist(
  generalist: string,
  options: { readonly bus: Bus; readonly registry: Registry },
): Promise<RunAt | null> {
  const { registry } = options;
  const plan = await settlePlan(registry, generalist);
  if (!plan) return null;
  const { recipe, members, number } = plan;
  const requestId = `follow-${plan.content.slice(0, 16)}-${number}`;
  const known = await findRun(registry, 'merging', requestId);
  if (known && known.state !== 'requested') return known;
  const spec = toSpecJson({
    recipe,
    requested: members.map(({ artifact }) => artifact),
    members: members.map(({ artifact, task }) => ({ artifact, task, weight: null })),
    plan: number,
  });
  return submitRun({ kind: 'merging', requestId, name: generalist, spec, labels: { track: generalist } }, options);
}

/** Everything is read after the plan that it replaces, so that a plan never knows less than the one before. */
async function settlePlan(registry: Registry, generalist: string): Promise<Plan | null> {
  const { documents } = registry;
  const key = keyOf(generalist);
  for (;;) {
    const entry = await documents.get(key);
    const current = entry?.value as Plan | undefined;
    const track = await readTrack(registry, generalist);
    const members = track && (await chooseMembers(registry, track.tasks));
    if (!track || !members) return null;
    const { recipe } = track;
    const facts = {
      generalist,
      recipe,
      members: members.map(({ task, artifact, name, version }) => ({ task, artifact, name, version })),
    };
    const content = createHash('sha256').update(canonicalJson(facts, 'plan')).digest('hex');
    if (current?.content === content) return current;
    const next: Plan = { number: (current?.number ?? 0) + 1, content, recipe, members };
    const written = entry ? await documents.update(key, next, entry.revision) : await documents.create(key, next);
    if (written !== undefined) return next;
  }
}

/** The newest specialists of all tasks on one backbone: the one that the newest of them is on. Null if there is none. */
async function chooseMembers(registry: Registry, tasks: readonly string[]): Promise<NewestSpecialist[] | null> {
  const found = (await Promise.all(tasks.map((task) => newestSpecialists(registry, task)))).flat();
  const latest = (group: readonly NewestSpecialist[]) =>
    group
      .map(({ at }) => at)
      .toSorted()
      .at(-1)!;
  const groups = [...Map.groupBy(found, ({ backbone }) => backbone).values()]
    .filter((group) => group.length === tasks.length)
    .toSorted((a, b) => (latest(a) < latest(b) ? 1 : -1));
  return groups[0]?.toSorted((a, b) => (a.task < b.task ? -1 : 1)) ?? null;
}
