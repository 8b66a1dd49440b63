import { cpus } from 'node:os';
import { columnBasis, matrix, multiply, svd, symmetricEigen, thinQr, truncatedSvd, type Matrix } from '../src/index.ts';

/*
 * Times of the decompositions that a merge is made of, one thread, best of five rounds. One JSON object a line.
 *
 *   node libs/linalg/bench/decompositions.ts
 */
let state = 1;
const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647 - 0.5;
const random = (rows: number, cols: number): Matrix =>
  matrix(rows, cols, Float64Array.from({ length: rows * cols }, uniform));

function best(run: () => unknown, calls: number): number {
  let shortest = Infinity;
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    for (let call = 0; call < calls; call++) run();
    shortest = Math.min(shortest, (performance.now() - start) / calls);
  }
  return shortest;
}

const stack = random(768, 28);
const basis = columnBasis(stack);
const coordinates = random(28, 20);
const core = random(28, 28);
const dense = random(128, 128);
const large = random(768, 768);
const rows: [string, string, () => unknown, number][] = [
  ['columnBasis', '768 x 28', () => columnBasis(stack), 20],
  ['lift', '768 x 28 to 20', () => basis.lift(coordinates), 20],
  ['thinQr', '768 x 28', () => thinQr(stack), 5],
  ['svd', '28 x 28', () => svd(core), 20],
  ['svd', '128 x 128', () => svd(dense), 1],
  ['svd', '768 x 768', () => svd(large), 1],
  ['truncatedSvd', '768 x 768, first 20', () => truncatedSvd(large, () => 20), 1],
  ['symmetricEigen', '768 x 768', () => symmetricEigen(large), 1],
  ['multiply', '768 x 768', () => multiply(large, large), 1],
];
for (const [bench, size, run, calls] of rows)
  process.stdout.write(
    `${JSON.stringify({ bench, size, value: Number(best(run, calls).toFixed(3)), unit: 'ms', machine: { cpu: cpus()[0]?.model, node: process.version } })}\n`,
  );
