import { join } from 'node:path';
import { mergeAdapters } from '@medlego/merging';
import { readSafetensors, writeSafetensors, type NamedTensors } from '@medlego/tensors';
import {
  adapterFromUpdates,
  adapterUpdates,
  initAdapter,
  initParams,
  parseAdapterSpec,
  presetConfig,
  RandomStream,
} from '@medlego/vit';
import type { Bench, MeasureOptions, Measured, PeerMode } from '../bench.ts';
import { medianMs } from '../timing.ts';

const tasks = 7;
/** Recipes by size: cut at rank 4, which is what PEFT's `svd` gives here, and our default cut, which keeps about 19 triplets a module. */
const recipes: Readonly<Record<string, object>> = {
  '7xr4-vit_b16-rank4': { maxRank: 4 },
  '7xr4-vit_b16-v0.9': {},
};
const config = presetConfig('vit_base_patch16_224');
const spec = parseAdapterSpec({ kind: 'svd-lora', rank: 4 });

/** Milliseconds from seven adapter files of ViT-B/16 to one, read, checked, merged, written and synced; warm. */
async function measure({ size, seconds, folder }: MeasureOptions): Promise<Measured> {
  const files = Array.from({ length: tasks }, (_, i) => join(folder, `task${i}.safetensors`));
  for (const [seed, file] of files.entries()) await writeSafetensors(file, trainedAdapter(seed));
  const value = await medianMs(
    async () => {
      const members = await Promise.all(
        files.map(async (file, i) => {
          const { tensors } = await readSafetensors(file);
          return { name: `task${i}`, updates: adapterUpdates(spec, tensors, file) };
        }),
      );
      const { updates } = mergeAdapters(members, { method: 'med-lego', params: recipes[size] });
      await writeSafetensors(join(folder, 'merged.safetensors'), adapterFromUpdates(updates).tensors);
    },
    { warmUps: 3, seconds, leastRuns: 7 },
  );
  return { value };
}

/** A fresh adapter with the diagonal that training would have given it. */
function trainedAdapter(seed: number): NamedTensors {
  const fresh = initAdapter(config, spec, { seed, params: initParams({ ...config, depth: 1 }, 0) });
  return Object.fromEntries(
    Object.entries(fresh).map(([name, tensor]) => [
      name,
      name.endsWith('.lora_E')
        ? { ...tensor, data: new RandomStream(seed, name).normals(tensor.data.length, 1) }
        : tensor,
    ]),
  );
}

const svd: PeerMode = {
  name: 'svd',
  script: 'bench_merge.py',
  args: ({ folder, threads }) => [
    '--methods',
    'svd',
    '--files',
    '--rounds',
    '2',
    '--threads',
    String(threads),
    '--folder',
    folder,
  ],
  read: (line) => line['msFiles'] as number | undefined,
};

export const merge: Bench = {
  name: 'merge',
  title: 'Merge of 7 adapters of rank 4, ViT-B/16, files to file, warm (peer: rank 4)',
  unit: 'ms',
  higherIsBetter: false,
  sizes: Object.keys(recipes),
  target: 60,
  note: 'Rank 4 is what the peer gives; v = 0.9, our default, keeps about 19 triplets a module and writes a file four times as large.',
  measure,
  peer: { name: 'peft', modes: [svd] },
};
