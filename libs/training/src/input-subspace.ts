import { InvalidValueError } from '@medlego/errors';
import { matrix, thinQr } from '@medlego/linalg';
import { float32, type NamedTensors } from '@medlego/tensors';
import { modulesOf, RandomStream, type BackboneConfig } from '@medlego/vit';
import type { TrainingSettings } from './settings.ts';

/**
 * The frozen A of every module: orthonormal rows drawn from the backbone's digest, so that all who train on this backbone have the
 * same ones. `shared`: the first `rank` rows for every task. `disjoint`: the rows of block `subspaceIndex` of `subspaceCount`, which
 * are orthogonal to those of all other blocks; adapters with different indices then read different parts of a module's input, and
 * the inner product of their updates is 0.
 *
 * @param backboneDigest `sha256:<64 hex>`
 * @returns `<module>.lora_A [rank, in]` float32; null for `own`
 * @throws InvalidValueError if a module's input is narrower than subspaceCount · rank
 * Source of frozen A: Zhang et al. 2023, LoRA-FA, arXiv 2308.03303; the shared seed and the disjoint blocks are ours.
 */
export function frozenInputFactors(
  config: BackboneConfig,
  settings: Pick<TrainingSettings, 'adapter' | 'inputSubspace' | 'subspaceIndex' | 'subspaceCount'>,
  backboneDigest: string,
): NamedTensors | null {
  const { adapter, inputSubspace, subspaceIndex, subspaceCount } = settings;
  if (inputSubspace === 'own') return null;
  const { rank } = adapter;
  const [index, count] = inputSubspace === 'shared' ? [0, 1] : [subspaceIndex!, subspaceCount!];
  const seed = Number.parseInt(backboneDigest.replace(/^sha256:/, '').slice(0, 13), 16); // 52 bits
  return Object.fromEntries(
    modulesOf(config, adapter.targetModules).map(({ path: module, in: inner }) => {
      if (count * rank > inner)
        throw new InvalidValueError({
          field: 'settings.subspaceCount',
          expected: `at most ${Math.floor(inner / rank)} for rank ${rank} and the ${inner} inputs of ${module}`,
          actual: count,
        });
      // Columns of Q are prefixes of each other: block i is the same, whatever the number of blocks.
      const wanted = (index + 1) * rank;
      const drawn = Float64Array.from(new RandomStream(seed, `input subspace ${module}`).normals(inner * wanted, 1));
      const { q } = thinQr(matrix(inner, wanted, drawn));
      return [
        `${module}.lora_A`,
        float32([rank, inner], Float32Array.from(q.data.subarray(index * rank * inner, wanted * inner))),
      ];
    }),
  );
}
