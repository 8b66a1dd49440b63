import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type LowRankUpdate } from '@medlego/linalg';
import { type MergeMember } from '../src/index.ts';
import { goldenJson, goldenTensors, numbers } from './support.ts';

interface PeftMerge {
  readonly adapters: readonly string[];
  readonly weights: readonly number[];
  readonly combination_type: string;
  readonly svd_rank?: number;
}

const cases = () => goldenJson<Record<string, PeftMerge>>('merges', 'index.json');
const present = existsSync(join(import.meta.dirname, '../../../../shared/interop/merges/index.json'));

/** Names of PEFT's merges of one type; one dummy where the files are missing, so that the skip is seen. */
export const peftCases = (type: string): string[] =>
  present
    ? Object.entries(cases()).flatMap(([name, merge]) => (merge.combination_type === type ? [name] : []))
    : ['(files missing)'];

/** A merge by PEFT: members with their weights, its rank, and the dense update of each module that it answers. */
export function peftCase(name: string): { members: MergeMember[]; rank: number; expected: Map<string, Float64Array> } {
  const { adapters, weights, svd_rank } = cases()[name]!;
  const members = adapters.map((adapter, i): MergeMember => ({
    name: adapter,
    updates: peftAdapter(adapter),
    weight: weights[i]!,
  }));
  const merged = goldenTensors('merges', `${name}.safetensors`);
  const expected = Object.keys(merged)
    .filter((key) => key.startsWith('delta.'))
    .map((key): [string, Float64Array] => [key.replace(/^delta\.(.*)\.([qv])$/, '$1.attn.$2'), numbers(merged, key)]);
  const rank =
    svd_rank ?? Math.max(...members.flatMap(({ updates }) => Object.values(updates).map((update) => update.rank)));
  return { members, rank, expected: new Map(expected) };
}

interface PeftConfig {
  readonly r: number;
  readonly lora_alpha: number;
  readonly use_rslora?: boolean;
  readonly rank_pattern?: Readonly<Record<string, number>>;
  readonly alpha_pattern?: Readonly<Record<string, number>>;
}

/** The factors of a LoRA that PEFT saved under transformers 5's names. */
function peftAdapter(name: string): Record<string, LowRankUpdate> {
  const config = goldenJson<PeftConfig>('adapters', 'hf5', name, 'adapter_config.json');
  const tensors = goldenTensors('adapters', 'hf5', name, 'adapter_model.safetensors');
  return Object.fromEntries(
    Object.keys(tensors)
      .filter((key) => key.endsWith('lora_A.weight'))
      .map((key) => {
        const path = key.replace(/^base_model\.model\./, '').replace('.lora_A.weight', '');
        const [, block, side] = /layers\.(\d+)\.attention\.([qv])_proj$/.exec(path)!;
        const [rank, columns] = tensors[key]!.shape as [number, number];
        const bKey = key.replace('lora_A', 'lora_B');
        const alpha = pattern(config.alpha_pattern, path) ?? config.lora_alpha;
        const update: LowRankUpdate = {
          out: tensors[bKey]!.shape[0]!,
          in: columns,
          rank,
          b: tensors[bKey]!.data as Float32Array,
          e: new Float32Array(rank).fill(1),
          a: tensors[key]!.data as Float32Array,
          scaling: config.use_rslora ? alpha / Math.sqrt(rank) : alpha / rank,
        };
        return [`blocks.${block}.attn.${side}`, update];
      }),
  );
}

const pattern = (patterns: Readonly<Record<string, number>> | undefined, path: string): number | undefined =>
  Object.entries(patterns ?? {}).find(([key]) => new RegExp(`(^|.*\\.)${key}$`).test(path))?.[1];
