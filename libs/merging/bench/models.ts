import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { float32, openSafetensors, streamSafetensors, type HostTensor } from '@medlego/tensors';
import { writeMergedModel, type MergeRecipe } from '../src/index.ts';
import { randomWords } from '../src/random/threefry.ts';

/*
 * Time and peak memory of a merge of whole models from files to file: a ViT-B/16 backbone and seven fine-tuned copies, made
 * here from a fixed seed (2.7 GB of temporary files). One JSON line a method; the peak is the process's so far.
 *
 *   node libs/merging/bench/models.ts [method ...]
 */
const methods = process.argv.length > 2 ? process.argv.slice(2) : ['ties'];
const members = 7;

const dim = 768;
const block = (i: number): [string, number[]][] => [
  [`blocks.${i}.norm1.weight`, [dim]],
  [`blocks.${i}.norm1.bias`, [dim]],
  [`blocks.${i}.attn.qkv.weight`, [3 * dim, dim]],
  [`blocks.${i}.attn.qkv.bias`, [3 * dim]],
  [`blocks.${i}.attn.proj.weight`, [dim, dim]],
  [`blocks.${i}.attn.proj.bias`, [dim]],
  [`blocks.${i}.norm2.weight`, [dim]],
  [`blocks.${i}.norm2.bias`, [dim]],
  [`blocks.${i}.mlp.fc1.weight`, [4 * dim, dim]],
  [`blocks.${i}.mlp.fc1.bias`, [4 * dim]],
  [`blocks.${i}.mlp.fc2.weight`, [dim, 4 * dim]],
  [`blocks.${i}.mlp.fc2.bias`, [dim]],
];
const shapes = Object.fromEntries<number[]>([
  ['cls_token', [1, 1, dim]],
  ['pos_embed', [1, 197, dim]],
  ['patch_embed.proj.weight', [dim, 3, 16, 16]],
  ['patch_embed.proj.bias', [dim]],
  ...Array.from({ length: 12 }, (_, i) => block(i)).flat(),
  ['norm.weight', [dim]],
  ['norm.bias', [dim]],
]);
const names = Object.keys(shapes);
const infos = Object.fromEntries(names.map((name) => [name, { dtype: 'float32' as const, shape: shapes[name]! }]));

/** Uniform numbers, for magnitudes of many sizes to the fourth power where a model moved. The backbone is model 0. */
function weights(model: number, name: string): HostTensor {
  const shape = shapes[name]!;
  const size = shape.reduce((product, count) => product * count, 1);
  const data = new Float32Array(size);
  const base = randomWords([0, names.indexOf(name)], size);
  for (let i = 0; i < size; i++) data[i] = 0.04 * (base[i]! / 2 ** 32 - 0.5);
  if (model > 0) {
    const moved = randomWords([model, names.indexOf(name)], size);
    for (let i = 0; i < size; i++) {
      const step = moved[i]! / 2 ** 31 - 1;
      data[i] = data[i]! + 0.002 * step * Math.abs(step * step * step);
    }
  }
  return float32(shape, data);
}

/** Files are made, and each merge runs, in a process of its own, so that the peak is that of one merge. */
const [step, folder = ''] = process.argv.slice(2);
if (step === '--make') {
  for (let model = 0; model <= members; model++)
    await streamSafetensors(join(folder, `${model}`), infos, (name) => weights(model, name));
} else if (step === '--merge') {
  await measure(folder, { method: process.argv[4]! });
} else {
  const models = await mkdtemp(join(tmpdir(), 'medlego-bench-'));
  const run = (...args: string[]) => spawnSync(process.execPath, [import.meta.filename, ...args], { stdio: 'inherit' });
  try {
    run('--make', models);
    for (const method of methods) run('--merge', models, method);
  } finally {
    await rm(models, { recursive: true, force: true });
  }
}

async function measure(models: string, recipe: MergeRecipe): Promise<void> {
  const files = Array.from({ length: members + 1 }, (_, model) => openSafetensors(join(models, `${model}`)));
  const [base, ...tuned] = files;
  const { ms, report } = await writeMergedModel(
    join(models, 'merged'),
    tuned.map((model, i) => ({ name: `task${i}`, model })),
    base!,
    recipe,
  );
  files.forEach((file) => file.close());
  process.stdout.write(
    `${JSON.stringify({
      bench: 'merge-models',
      size: { members, parameters: report.totals.parameters },
      ...recipe,
      unit: 's',
      value: Number((ms / 1000).toFixed(1)),
      cpuSeconds: Number(
        (process.resourceUsage().userCPUTime / 1e6 + process.resourceUsage().systemCPUTime / 1e6).toFixed(1),
      ),
      peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
      machine: { cpu: cpus()[0]?.model, node: process.version },
    })}\n`,
  );
}
