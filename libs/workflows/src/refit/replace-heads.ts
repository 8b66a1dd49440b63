import { generalistFiles, type ArtifactStore, type Json, type StoredArtifact } from '@medlego/artifacts';
import { InvalidValueError } from '@medlego/errors';
import { assertHead } from '@medlego/training';
import { featureDim } from '@medlego/vit';
import { headFile } from '../adapter-files.ts';
import type { NamedBackbone } from '../backbones.ts';
import { creator } from '../creator.ts';
import type { RefittedHead } from './refit-heads.ts';

export interface ReplaceHeadsOptions {
  readonly store: ArtifactStore;
  readonly backbone: NamedBackbone;
  readonly generalist: StoredArtifact;
  /** By task. */
  readonly heads: Readonly<Record<string, RefittedHead>>;
  readonly name: string;
}

/** What a generalist's manifest says of its re-fitted heads; empty for a generalist without. */
export const refittedHeads = ({ manifest }: StoredArtifact): Readonly<Record<string, { l2: number; images: number }>> =>
  (manifest.config['headsRefitted'] ?? {}) as Readonly<Record<string, { l2: number; images: number }>>;

/** @throws InvalidValueError naming the members if `task` is none of them */
export function memberTask({ manifest }: StoredArtifact, task: string) {
  const found = manifest.tasks.find(({ name }) => name === task);
  if (found) return found;
  throw new InvalidValueError({
    field: 'task',
    expected: `a member: ${manifest.tasks.map(({ name }) => name).join(', ')}`,
    actual: task,
  });
}

/**
 * A new version of a generalist with other heads for some of its tasks. The merged adapter is the same bytes; the manifest says which
 * heads were re-fitted and with what, so that evaluation can keep them apart.
 *
 * @throws InvalidValueError for a task that is no member, ShapeMismatchError for a head of another size
 */
export async function replaceHeads(options: ReplaceHeadsOptions): Promise<StoredArtifact> {
  const { store, backbone, generalist, heads, name } = options;
  const { manifest } = generalist;
  const dim = featureDim(backbone.config);
  for (const [task, { head }] of Object.entries(heads))
    assertHead(head, memberTask(generalist, task).labels.length, dim);
  const files = await Promise.all(
    Object.keys(manifest.files).map(async (path) => [path, await store.readFile(generalist, path)] as const),
  );
  const refitted = Object.entries(heads).map(([task, { l2, images }]) => [task, { l2, images }] as const);
  return store.put(
    {
      kind: 'generalist',
      backbone: manifest.backbone,
      tasks: manifest.tasks,
      files: {
        ...Object.fromEntries(files),
        ...Object.fromEntries(
          Object.entries(heads).map(([task, { head }]) => [generalistFiles.head(task), headFile(head)]),
        ),
      },
      config: {
        ...manifest.config,
        headsRefitted: { ...refittedHeads(generalist), ...Object.fromEntries(refitted) } as unknown as Json,
      },
      metrics: manifest.metrics,
      parents: manifest.parents,
      licences: manifest.licences,
      nonCommercial: manifest.nonCommercial,
      creator,
    },
    { name },
  );
}
