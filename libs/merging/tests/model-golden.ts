import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Matrix } from '@medlego/linalg';
import { expect } from 'vitest';
import { memoryReader, mergeModels, type MergeRecipe, type ModelMember } from '../src/index.ts';
import { matrixShape, taskVector } from '../src/models/task-vector.ts';
import { goldenJson, goldenTensors, numbers } from './support.ts';

/* Whole-model merges by numpy in float64: `full/` of the golden files. */

export interface FullSettings {
  readonly weights?: readonly number[];
  readonly lambda?: number;
  readonly density?: number;
  readonly drop_rate?: number;
  readonly majority_sign?: string;
  readonly coefficients?: readonly number[];
  readonly floor?: number;
  readonly alpha?: number;
}

const present = existsSync(join(import.meta.dirname, '../../../../shared/interop/full/index.json'));

export const fullSettings = (name: string): FullSettings =>
  present ? goldenJson<Record<string, FullSettings>>('full', 'index.json')[name]! : {};

export const fullBase = () => goldenTensors('full', 'base.safetensors');
const tasks = [0, 1, 2, 3];

export const fullMembers = (weights?: readonly number[]): ModelMember[] =>
  tasks.map((i) => ({
    name: `task${i}`,
    model: memoryReader(goldenTensors('full', `task${i}.safetensors`)),
    weight: weights?.[i],
  }));

/** The members' τ of every tensor, as methods see them. */
export function fullDeltas(): Map<string, Matrix[]> {
  const base = fullBase();
  const models = tasks.map((i) => goldenTensors('full', `task${i}.safetensors`));
  return new Map(Object.keys(base).map((name) => [name, models.map((model) => taskVector(model[name]!, base[name]!))]));
}

/** The given DARE masks of one tensor, as matrices. */
export const fullMasks = (name: string): Matrix[] =>
  tasks.map((i) => {
    const mask = goldenTensors('full', `dare_mask${i}.safetensors`)[name]!;
    return taskVector(mask, { ...mask, data: new Uint8Array(mask.data.length) });
  });

/** The merge of the four models by a recipe, against numpy's, to 1e-9 of the largest entry. */
export function expectFullMerge(name: string, recipe: MergeRecipe, weights = fullSettings(name).weights): void {
  const base = fullBase();
  const { tensors } = mergeModels(fullMembers(weights), memoryReader(base), recipe);
  const expected = goldenTensors('full', 'results', `${name}.safetensors`);
  expect(Object.keys(tensors).sort()).toEqual(Object.keys(expected).sort());
  for (const tensor of Object.keys(expected)) expectNear(numbers(tensors, tensor), numbers(expected, tensor), tensor);
}

/** θ₀ + merged against numpy's result, for a result that is at hand as matrices. */
export function expectFullUpdate(name: string, merged: ReadonlyMap<string, Matrix>): void {
  const base = fullBase();
  const expected = goldenTensors('full', 'results', `${name}.safetensors`);
  for (const tensor of Object.keys(expected)) {
    const { rows, cols } = matrixShape(base[tensor]!);
    const theta0 = numbers(base, tensor);
    const { data } = merged.get(tensor)!;
    const actual = theta0.map((value, i) => value + data[(i % cols) * rows + Math.floor(i / cols)]!);
    expectNear(actual, numbers(expected, tensor), tensor);
  }
}

function expectNear(actual: Float64Array, expected: Float64Array, label: string): void {
  const largest = Math.max(...expected.map(Math.abs));
  const worst = Math.max(...expected.map((value, i) => Math.abs(actual[i]! - value)));
  expect(worst / largest, label).toBeLessThan(1e-9);
}
