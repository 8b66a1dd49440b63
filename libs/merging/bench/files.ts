import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AdapterUpdates } from '@medlego/linalg';
import { float32, readSafetensors, writeSafetensors, type NamedTensors } from '@medlego/tensors';
import { mergeAdapters } from '../src/index.ts';
import { paperShape, randomMembers } from './adapters.ts';

/*
 * Time of a merge from files to file: seven safetensors read and checked, merged, one written and synced. One JSON line.
 *
 *   node libs/merging/bench/files.ts [rounds]
 */
const rounds = Number(process.argv[2] ?? 15);

const toTensors = (updates: AdapterUpdates): NamedTensors =>
  Object.fromEntries(
    Object.entries(updates).flatMap(([module, { out, in: columns, rank, b, e, a }]) => [
      [`${module}.lora_A`, float32([rank, columns], a)],
      [`${module}.lora_B`, float32([out, rank], b)],
      [`${module}.lora_E`, float32([rank], e)],
    ]),
  );

function toUpdates(tensors: NamedTensors): AdapterUpdates {
  const factor = (name: string) => tensors[name]!.data as Float32Array;
  return Object.fromEntries(
    Object.entries(tensors)
      .filter(([name]) => name.endsWith('.lora_A'))
      .map(([name, { shape }]) => {
        const module = name.slice(0, -'.lora_A'.length);
        const [rank, columns] = shape as [number, number];
        const out = tensors[`${module}.lora_B`]!.shape[0]!;
        const [b, e, a] = ['lora_B', 'lora_E', 'lora_A'].map((part) => factor(`${module}.${part}`)) as Float32Array[];
        return [module, { out, in: columns, rank, b: b!, e: e!, a: a!, scaling: 1 }];
      }),
  );
}

const folder = await mkdtemp(join(tmpdir(), 'medlego-bench-'));
try {
  const members = randomMembers(paperShape);
  for (const { name, updates } of members)
    await writeSafetensors(join(folder, `${name}.safetensors`), toTensors(updates));
  const times: { total: number; read: number; merge: number; write: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    const loaded = await Promise.all(
      members.map(async ({ name }) => {
        const { tensors } = await readSafetensors(join(folder, `${name}.safetensors`));
        return { name, updates: toUpdates(tensors) };
      }),
    );
    const read = performance.now();
    const { updates } = mergeAdapters(loaded, { method: 'med-lego' });
    const merged = performance.now();
    await writeSafetensors(join(folder, 'merged.safetensors'), toTensors(updates));
    const done = performance.now();
    times.push({ total: done - start, read: read - start, merge: merged - read, write: done - merged });
  }
  const [cold, ...warm] = times as [(typeof times)[number], ...typeof times];
  const median = (part: keyof typeof cold) =>
    Number(
      warm
        .map((time) => time[part])
        .sort((a, b) => a - b)
        [Math.floor(warm.length / 2)]!.toFixed(1),
    );
  process.stdout.write(
    `${JSON.stringify({
      bench: 'merge-files',
      size: paperShape,
      method: 'med-lego',
      unit: 'ms',
      cold: Number(cold.total.toFixed(1)),
      value: median('total'),
      read: median('read'),
      merge: median('merge'),
      write: median('write'),
      machine: { cpu: cpus()[0]?.model, node: process.version },
    })}\n`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
