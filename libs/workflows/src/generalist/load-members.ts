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

/** A specialist read from the store, ready to be merged. */
export interface LoadedMember {
  readonly artifact: StoredArtifact;
  readonly task: Task;
  readonly member: MergeMember;
  readonly head: NamedTensors;
  /** The head solved on the plain backbone, where the specialist carries one. */
  readonly probe: NamedTensors | null;
}

export interface LoadMembersOptions {
  readonly store: ArtifactStore;
  readonly backbone: NamedBackbone;
  readonly members: readonly MemberRef[];
  /** Id of the method that they are for: it says which statistics have to be read. */
  readonly method: string;
}

/**
 * Reads the specialists of a recipe, sorted by task: equal members give equal bytes, in whatever order they were named.
 *
 * @throws ArtifactNotFoundError, WrongBackboneError naming the member, DuplicateMemberError for two of one task,
 *         InvalidValueError for none, for a member of another task than the recipe says, or of kind `full`
 */
export async function loadMembers(options: LoadMembersOptions): Promise<LoadedMember[]> {
  const { store, backbone, members: refs } = options;
  const { needs } = findMethod(options.method);
  if (refs.length === 0)
    throw new InvalidValueError({ field: 'members', expected: 'at least one specialist', actual: 'none' });
  const members = await Promise.all(
    refs.map(async ({ ref, weight, task: expected }): Promise<LoadedMember> => {
      const artifact = await store.get(ref, { kind: 'specialist' });
      assertSameBackbone(backbone.digest as `sha256:${string}`, artifact.manifest.backbone!, ref);
      const task = artifact.manifest.tasks[0]!;
      if (expected !== undefined && expected !== task.name)
        throw new InvalidValueError({
          field: `members ${ref}`,
          expected: `a specialist of ${expected}`,
          actual: task.name,
        });
      const adapter = await readAdapterFiles(store, artifact, backbone.config);
      const probe = artifact.manifest.files[probeHeadFile]
        ? parseSafetensors(await store.readFile(artifact, probeHeadFile), `${ref} ${probeHeadFile}`).tensors
        : null;
      const member: MergeMember = {
        name: task.name,
        updates: adapter ? adapterUpdates(adapter.spec, adapter.tensors, ref) : {},
        weight,
        digest: artifact.digest,
        backbone: backbone.digest,
        licence: task.licence,
        nonCommercial: task.nonCommercial,
        statistics: await readStatistics(store, artifact, needs),
      };
      return { artifact, task, member, head: await readHead(store, artifact, task.name), probe };
    }),
  );
  members.sort((a, b) => (a.task.name < b.task.name ? -1 : 1));
  const twice = members.find(({ task }, index) => task.name === members[index - 1]?.task.name);
  if (twice) throw new DuplicateMemberError({ name: twice.task.name });
  return members;
}
