import { assertSameBackbone, type ArtifactStore, type StoredArtifact } from '@medlego/artifacts';
import { DuplicateMemberError, InvalidValueError } from '@medlego/errors';
import { findMethod, type MergeMember } from '@medlego/merging';
import type { Task } from '@medlego/tasks';
import { parseSafetensors, type NamedTensors } from '@medlego/tensors';
import { adapterUpdates } from '@medlego/vit';
import { readAdapterFiles, readHead } from '../adapter-files.ts';
import type { NamedBackbone } from '../backbones.ts';
import { probeHeadFile } from '../train-task.ts';
import { readStatistics } from './read-statistics.ts';

/** A specialist that a recipe names. */
export interface MemberRef {
  /** Name or digest. */
  readonly ref: string;
  /** Relative to the other members, any sign; 1 by default. */
  readonly weight?: number | undefined;
  /** The task that it is expected to have. */
  readonly task?: string | undefined;
}

/** A specialist that stands in a merge, with what the generalist keeps of it as it is. */
export interface MemberArtifact {
  readonly artifact: StoredArtifact;
  readonly task: Task;
  readonly weight?: number | undefined;
  readonly head: NamedTensors;
  /** The head solved on the plain backbone, where the specialist carries one. */
  readonly probe: NamedTensors | null;
}

/** A specialist with its adapter read, ready to be merged. */
export interface LoadedMember extends MemberArtifact {
  readonly member: MergeMember;
}

export interface LoadMembersOptions {
  readonly store: ArtifactStore;
  readonly backbone: NamedBackbone;
  readonly members: readonly MemberRef[];
  /** Id of the method that they are for: it says which statistics have to be read. */
  readonly method: string;
}

/**
 * Finds the specialists of a recipe, sorted by task: equal members give equal bytes, in whatever order they were named.
 *
 * @throws ArtifactNotFoundError, WrongBackboneError naming the member, DuplicateMemberError for two of one task,
 *         InvalidValueError for none, or for a member of another task than the recipe says
 */
export async function findMembers({
  store,
  backbone,
  members: refs,
}: Omit<LoadMembersOptions, 'method'>): Promise<MemberArtifact[]> {
  if (refs.length === 0)
    throw new InvalidValueError({ field: 'members', expected: 'at least one specialist', actual: 'none' });
  const members = await Promise.all(
    refs.map(async ({ ref, weight, task: expected }): Promise<MemberArtifact> => {
      const artifact = await store.get(ref, { kind: 'specialist' });
      assertSameBackbone(backbone.digest as `sha256:${string}`, artifact.manifest.backbone!, ref);
      const task = artifact.manifest.tasks[0]!;
      if (expected !== undefined && expected !== task.name)
        throw new InvalidValueError({
          field: `members ${ref}`,
          expected: `a specialist of ${expected}`,
          actual: task.name,
        });
      const probe = artifact.manifest.files[probeHeadFile]
        ? parseSafetensors(await store.readFile(artifact, probeHeadFile), `${ref} ${probeHeadFile}`).tensors
        : null;
      return { artifact, task, weight, head: await readHead(store, artifact, task.name), probe };
    }),
  );
  members.sort((a, b) => (a.task.name < b.task.name ? -1 : 1));
  const twice = members.find(({ task }, index) => task.name === members[index - 1]?.task.name);
  if (twice) throw new DuplicateMemberError({ name: twice.task.name });
  return members;
}

/**
 * Reads the adapters of a recipe's specialists.
 * @throws as `findMembers`; InvalidValueError for a member of kind `full`
 */
export async function loadMembers(options: LoadMembersOptions): Promise<LoadedMember[]> {
  const { store, backbone } = options;
  const { needs } = findMethod(options.method);
  const found = await findMembers(options);
  return Promise.all(
    found.map(async (member): Promise<LoadedMember> => {
      const { artifact, task, weight } = member;
      const adapter = await readAdapterFiles(store, artifact, backbone.config);
      return {
        ...member,
        member: {
          name: task.name,
          updates: adapter ? adapterUpdates(adapter.spec, adapter.tensors, task.name) : {},
          weight,
          digest: artifact.digest,
          backbone: backbone.digest,
          licence: task.licence,
          nonCommercial: task.nonCommercial,
          statistics: await readStatistics(store, artifact, needs),
        },
      };
    }),
  );
}
