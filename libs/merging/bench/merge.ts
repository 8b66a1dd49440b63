import { cpus } from 'node:os';
import { mergeAdapters } from '../src/index.ts';
import { paperShape, randomMembers, type AdapterShape } from './adapters.ts';

/*
 * Time of a merge in memory, one thread. Prints one JSON object a line: cold = first call of the process, warm = median of
 * the calls after it. Sizes vary one thing at a time, so that the growth of the cost can be read off.
 *
 *   node libs/merging/bench/merge.ts [rounds]
 */
const rounds = Number(process.argv[2] ?? 15);
const shapes: AdapterShape[] = [
  paperShape,
  { ...paperShape, drift: 0.01 },
  { ...paperShape, modules: 12 },
  { ...paperShape, modules: 48 },
  { ...paperShape, members: 14 },
  { ...paperShape, rank: 16, members: 2 },
];
const recipes = [
  { method: 'med-lego' },
  { method: 'med-lego', params: { threshold: 1, maxRank: 4 } },
  { method: 'average' },
];

for (const [index, shape] of shapes.entries()) {
  const members = randomMembers(shape);
  for (const recipe of index === 0 ? recipes : recipes.slice(0, 1)) {
    const times = Array.from({ length: rounds }, () => mergeAdapters(members, recipe).ms);
    const [cold, ...warm] = times as [number, ...number[]];
    warm.sort((a, b) => a - b);
    const { totals } = mergeAdapters(members, recipe).report;
    process.stdout.write(
      `${JSON.stringify({
        bench: 'merge',
        size: shape,
        ...recipe,
        rank: totals.rank,
        unit: 'ms',
        cold: Number(cold.toFixed(1)),
        value: Number(warm[Math.floor(warm.length / 2)]!.toFixed(1)),
        best: Number(warm[0]!.toFixed(1)),
        machine: { cpu: cpus()[0]?.model, node: process.version },
      })}\n`,
    );
  }
}
