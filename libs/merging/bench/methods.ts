import { cpus } from 'node:os';
import { mergeAdapters, mergeMethods } from '../src/index.ts';
import { paperShape, randomMembers } from './adapters.ts';

/*
 * Time of a merge in memory for every method that needs no data, in every space asked for, one thread: seven adapters of
 * rank 4, ViT-B/16. One JSON object a line; `cpu` is process time, which other processes disturb less than wall time.
 *
 *   node libs/merging/bench/methods.ts [rounds] [space]
 */
const rounds = Number(process.argv[2] ?? 7);
const only = process.argv[3] ?? 'core';
const members = randomMembers(paperShape);
const median = (values: readonly number[]) =>
  Number(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!.toFixed(1));

for (const { id, needs, spaces } of mergeMethods) {
  if (needs.length > 0 || !spaces.some((space) => space === only)) continue;
  const wall: number[] = [];
  const cpu: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const before = process.cpuUsage();
    const { ms } = mergeAdapters(members, { method: id, space: only });
    const { user, system } = process.cpuUsage(before);
    if (round === 0) continue; // compiles
    wall.push(ms);
    cpu.push((user + system) / 1e3);
  }
  process.stdout.write(
    `${JSON.stringify({
      bench: 'merge-methods',
      size: paperShape,
      method: id,
      space: only,
      unit: 'ms',
      value: median(wall),
      best: Number(Math.min(...wall).toFixed(1)),
      cpu: median(cpu),
      machine: { cpu: cpus()[0]?.model, node: process.version },
    })}\n`,
  );
}
