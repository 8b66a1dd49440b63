import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { denseUpdate, matrix, multiplyTransposed, type LowRankUpdate, type Matrix } from '@medlego/linalg';
import { parseSafetensors, type NamedTensors } from '@medlego/tensors';
import { expect, type TestContext } from 'vitest';
import { type MergeMember, type MergeRecipe } from '../src/index.ts';
import { mergeAdapters } from '../src/merge.ts';

/** Answers of numpy and PEFT, beside the repository; its README says what each file holds. */
const interop = join(import.meta.dirname, '../../../../shared/interop');

/** Skips the test, loudly, where the golden files are not there. */
export function needGolden(context: TestContext): void {
  if (existsSync(interop)) return;
  console.warn(`skipped "${context.task.name}": no golden files in ../shared/interop`);
  context.skip();
}

export const goldenTensors = (...path: string[]): NamedTensors =>
  parseSafetensors(readFileSync(join(interop, ...path)), path.join('/')).tensors;

export const goldenJson = <T>(...path: string[]): T => JSON.parse(readFileSync(join(interop, ...path), 'utf8')) as T;

/** Numbers of one tensor; float32 is widened. */
export const numbers = (tensors: NamedTensors, name: string): Float64Array =>
  Float64Array.from(tensors[name]!.data as Float32Array | Float64Array);

/** Normal numbers from a seed (mulberry32, Box and Muller). */
export function gaussian(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

export interface UpdateShape {
  readonly out?: number;
  readonly in?: number;
  readonly rank?: number;
  readonly scaling?: number;
}

export function randomUpdate(
  seed: number,
  { out = 12, in: columns = 10, rank = 2, scaling = 1 }: UpdateShape = {},
): LowRankUpdate {
  const normal = gaussian(seed);
  const factor = (length: number) => Float32Array.from({ length }, () => normal());
  return { out, in: columns, rank, b: factor(out * rank), e: factor(rank), a: factor(rank * columns), scaling };
}

/** A member with random updates of two modules. Scaling is 2: a scale that is lost or applied twice shows. */
export function randomMember(name: string, seed: number, shape: UpdateShape = {}): MergeMember {
  const scaled = { scaling: 2, ...shape };
  return {
    name,
    updates: { 'blocks.0.attn.q': randomUpdate(seed, scaled), 'blocks.0.attn.v': randomUpdate(seed + 1000, scaled) },
  };
}

/** The same member with random statistics of every module: Grams of full rank, positive Fishers. */
export function withStatistics(member: MergeMember, seed: number): MergeMember {
  const normal = gaussian(seed + 5000);
  const random = (rows: number, cols: number): Matrix =>
    matrix(
      rows,
      cols,
      Float64Array.from({ length: rows * cols }, () => normal()),
    );
  const fisher: Record<string, Matrix> = {};
  const gram: Record<string, Matrix> = {};
  for (const [module, { out, in: columns }] of Object.entries(member.updates)) {
    const inputs = random(3 * columns, columns);
    gram[module] = multiplyTransposed(inputs, inputs);
    const values = random(out, columns);
    fisher[module] = matrix(
      out,
      columns,
      values.data.map((value) => value ** 2),
    );
  }
  return { ...member, statistics: { gram, fisher } };
}

/** The same member with all updates multiplied by `factor`. */
export const times = (member: MergeMember, factor: number, name = member.name): MergeMember => ({
  ...member,
  name,
  updates: Object.fromEntries(
    Object.entries(member.updates).map(([module, update]) => [module, { ...update, scaling: update.scaling * factor }]),
  ),
});

/** Dense merged update of one module; zeros where the merge left it out. */
export function mergedDense(
  members: readonly MergeMember[],
  recipe: MergeRecipe,
  module = 'blocks.0.attn.q',
): Float64Array {
  const update = mergeAdapters(members, recipe).updates[module];
  const { out, in: columns } = members.map(({ updates }) => updates[module]).find((first) => first !== undefined)!;
  return update ? denseUpdate(update) : new Float64Array(out * columns);
}

/** Σ weights[i] · ΔW_i of one module, dense. */
export function denseSum(
  members: readonly MergeMember[],
  weights: readonly number[],
  module = 'blocks.0.attn.q',
): Float64Array {
  const terms = members.map(({ updates }) => updates[module]).map((update) => update && denseUpdate(update));
  const sum = new Float64Array(terms.find((term) => term !== undefined)!.length);
  terms.forEach((term, index) => term?.forEach((value, i) => (sum[i] = sum[i]! + weights[index]! * value)));
  return sum;
}

export const norm = (x: ArrayLike<number>): number => Math.hypot(...Array.from(x));

/** ‖x − y‖ / ‖y‖, or ‖x‖ for y = 0. */
export const distance = (x: Float64Array, y: Float64Array): number =>
  norm(x.map((value, i) => value - y[i]!)) / (norm(y) || 1);

/** float32 factors carry about 1e-7 each. */
export const float32Tolerance = 1e-6;

export function expectOrthonormalFactors({ out, in: columns, rank, b, e, a, scaling }: LowRankUpdate): void {
  expect(scaling).toBe(1);
  for (let i = 0; i < rank; i++) {
    expect(e[i]).toBeGreaterThan(0);
    if (i > 0) expect(e[i]).toBeLessThanOrEqual(e[i - 1]!);
    for (let j = 0; j <= i; j++) {
      let left = 0;
      let right = 0;
      for (let t = 0; t < out; t++) left += b[t * rank + i]! * b[t * rank + j]!;
      for (let t = 0; t < columns; t++) right += a[i * columns + t]! * a[j * columns + t]!;
      expect(Math.abs(left - (i === j ? 1 : 0))).toBeLessThan(float32Tolerance);
      expect(Math.abs(right - (i === j ? 1 : 0))).toBeLessThan(float32Tolerance);
    }
  }
}
