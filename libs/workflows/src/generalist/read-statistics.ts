import type { ArtifactStore, StoredArtifact } from '@medlego/artifacts';
import { ShapeMismatchError } from '@medlego/errors';
import { fromRowMajor, type Matrix } from '@medlego/linalg';
import type { MergeMember } from '@medlego/merging';
import { asFloat32, parseSafetensors } from '@medlego/tensors';

/** Statistics of the training data beside a specialist's adapter: `gram.<module>` [in, in], `fisher.<module>` [out, in]. */
export const statisticsFile = 'statistics.safetensors';

type Statistics = NonNullable<MergeMember['statistics']>;

/** The kinds of statistics that a method needs, of one specialist; undefined where it has no statistics file. */
export async function readStatistics(
  store: ArtifactStore,
  artifact: StoredArtifact,
  kinds: readonly (keyof Statistics)[],
): Promise<Statistics | undefined> {
  if (kinds.length === 0 || !artifact.manifest.files[statisticsFile]) return undefined;
  const { tensors, metadata } = parseSafetensors(
    await store.readFile(artifact, statisticsFile),
    `${artifact.digest} ${statisticsFile}`,
  );
  const matricesOf = (kind: string): Record<string, Matrix> =>
    Object.fromEntries(
      Object.entries(tensors)
        .filter(([name]) => name.startsWith(`${kind}.`))
        .map(([name, tensor]) => {
          const [rows, cols, ...rest] = tensor.shape;
          if (rows === undefined || cols === undefined || rest.length > 0)
            throw new ShapeMismatchError({ param: name, expected: [-1, -1], actual: tensor.shape });
          return [name.slice(kind.length + 1), fromRowMajor(rows, cols, asFloat32(name, tensor).data)];
        }),
    );
  const found = Object.fromEntries(kinds.map((kind) => [kind, matricesOf(kind)]));
  // q, k and v of a block read the same rows: the file has their Gram once.
  const shared = JSON.parse(metadata['shared'] ?? '{}') as Record<string, string>;
  for (const [module, owner] of Object.entries(shared))
    if (found['gram']?.[owner]) found['gram'][module] = found['gram'][owner];
  return found;
}
