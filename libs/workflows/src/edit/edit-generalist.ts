import { generalistFiles, type ArtifactStore, type StoredArtifact } from '@medlego/artifacts';
import { InvalidValueError, MemberEditError } from '@medlego/errors';
import type { MergeReport } from '@medlego/merging';
import type { NamedBackbone } from '../backbones.ts';
import type { MemberRef } from '../generalist/load-members.ts';
import { assertMerged } from '../generalist/read-recipe.ts';
import type { TunedRecord } from '../generalist/recipe-document.ts';
import { mergeSpecialists, type MergedSpecialists } from '../merge-specialists.ts';
import { refittedHeads } from '../refit/replace-heads.ts';

export interface EditGeneralistOptions {
  readonly store: ArtifactStore;
  readonly backbone: NamedBackbone;
  readonly generalist: StoredArtifact;
  /** Specialists by name or digest. */
  readonly add?: readonly string[];
  /** Tasks of members. */
  readonly remove?: readonly string[];
  /** New weights by task, of members that stay or are added. */
  readonly weights?: Readonly<Record<string, number>>;
  readonly name: string;
}

/** What an edit did to one task. */
export interface TaskChange {
  readonly task: string;
  readonly change: 'added' | 'removed' | 'kept';
  /** Share of the member's energy that the merged adapter keeps; null where it is no member or moved nothing. */
  readonly energyBefore: number | null;
  readonly energyAfter: number | null;
  readonly weightBefore: number | null;
  readonly weightAfter: number | null;
}

export interface EditedGeneralist extends MergedSpecialists {
  readonly changes: readonly TaskChange[];
  /** What an owner should know: tuned parameters that were kept, re-fitted heads that were dropped. */
  readonly notes: readonly string[];
}

/**
 * Changes who is in a generalist. Its recipe is applied again to the changed list of members, which are immutable and still in the
 * store: no member's update is subtracted from the merged weights, since sign votes, rank cuts and norm balance are not undone by a
 * subtraction, and floats do not come back either. So removing a task equals never having merged it, and adding equals merging all
 * at once: the same artifact, by digest. Tuned parameters stay as they are. Re-fitted heads belong to the old features and give way
 * to the specialists' own.
 *
 * @throws MemberEditError for a task that is no member, one already, the last one, or both added and removed; NotMergedError for a
 *         generalist that was trained; InvalidValueError for no change or a weight that is not finite; as `mergeSpecialists`
 */
export async function editGeneralist(options: EditGeneralistOptions): Promise<EditedGeneralist> {
  const { store, backbone, generalist, add = [], remove = [], weights = {}, name } = options;
  const before = await readMergeReport(store, generalist);
  const { manifest } = generalist;
  const tasks = before.members.map(({ name: task }) => task);
  const refuse = (task: string, problem: MemberEditError['facts']['problem']) =>
    new MemberEditError({ generalist: generalist.digest.slice(0, 19), task, problem, members: tasks });

  if (add.length + remove.length + Object.keys(weights).length === 0)
    throw new InvalidValueError({ field: 'edit', expected: 'something to add, remove or weigh', actual: 'nothing' });
  const added = await Promise.all(
    add.map(async (ref) => {
      const { digest, manifest: found } = await store.get(ref, { kind: 'specialist' });
      return { ref: digest, task: found.tasks[0]!.name, weight: undefined };
    }),
  );
  for (const task of remove) if (!tasks.includes(task)) throw refuse(task, 'not a member');
  added.forEach(({ task }, index) => {
    if (tasks.includes(task) && !remove.includes(task)) throw refuse(task, 'a member already');
    if (added.findIndex((other) => other.task === task) !== index) throw refuse(task, 'named twice');
  });
  const kept = before.members.filter(({ name: task }) => !remove.includes(task));
  if (kept.length + added.length === 0) throw refuse(remove.at(-1)!, 'the last member');

  const members = [
    ...kept.map(({ name: task, digest, weight }): MemberRef => ({ ref: digest!, task, weight })),
    ...added,
  ].map((member): MemberRef => ({ ...member, weight: weights[member.task!] ?? member.weight }));
  for (const task of Object.keys(weights))
    if (!members.some((member) => member.task === task)) throw refuse(task, 'not a member');

  const tuned = manifest.config['tuned'] as unknown as TunedRecord | undefined;
  const merged = await mergeSpecialists({
    store,
    backbone,
    members,
    recipe: { method: before.method, space: before.space, params: before.params },
    tuned,
    name,
  });
  return { ...merged, changes: changesOf(before, merged.report), notes: notesOf(generalist, tuned) };
}

/** @throws NotMergedError for a generalist that no merge of adapters made */
async function readMergeReport(store: ArtifactStore, generalist: StoredArtifact): Promise<MergeReport> {
  assertMerged(generalist, generalistFiles.report);
  return JSON.parse(new TextDecoder().decode(await store.readFile(generalist, generalistFiles.report))) as MergeReport;
}

function changesOf(before: MergeReport, after: MergeReport): TaskChange[] {
  const weightIn = ({ members }: MergeReport, task: string): number | null =>
    members.find(({ name }) => name === task)?.weight ?? null;
  const tasks = [...new Set([...before.members, ...after.members].map(({ name }) => name))].sort();
  return tasks.map((task) => {
    const [weightBefore, weightAfter] = [weightIn(before, task), weightIn(after, task)];
    return {
      task,
      change: weightBefore === null ? 'added' : weightAfter === null ? 'removed' : 'kept',
      energyBefore: before.totals.perTask[task] ?? null,
      energyAfter: after.totals.perTask[task] ?? null,
      weightBefore,
      weightAfter,
    };
  });
}

function notesOf(generalist: StoredArtifact, tuned: TunedRecord | undefined): string[] {
  const dropped = Object.keys(refittedHeads(generalist));
  return [
    ...(tuned
      ? [`The parameters were tuned for ${tuned.tasks.join(', ')} and are kept; tune again for the members of now.`]
      : []),
    ...(dropped.length > 0
      ? [
          `The re-fitted heads of ${dropped.join(', ')} belong to the old merge; the specialists' own are back. Refit again.`,
        ]
      : []),
  ];
}
