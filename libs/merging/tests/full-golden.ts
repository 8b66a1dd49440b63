import { fromRowMajor, matrix, type Matrix } from '@medlego/linalg';
import { type NamedTensors } from '@medlego/tensors';
import { type ModuleDeltas } from '../src/merge-method.ts';
import { findMethod } from '../src/index.ts';
import { goldenTensors, numbers } from './support.ts';

const tasks = [0, 1, 2, 3];

/** The interop task vectors τ_i = θ_i − θ_0 of one tensor after another, with statistics where the files have them; a vector is one column. */
export function goldenModules(): ModuleDeltas[] {
  const base = goldenTensors('full', 'base.safetensors');
  const load = (name: string) => tasks.map((task) => goldenTensors('full', `${name}${task}.safetensors`));
  const [tuned, grams, fishers] = [load('task'), load('gram'), load('fisher')];
  const names = Object.keys(base).sort();
  return names.map((module, index): ModuleDeltas => {
    const frozen = toMatrix(base, module);
    return {
      module,
      space: 'full',
      index,
      count: names.length,
      ranks: tasks.map(() => Math.min(frozen.rows, frozen.cols)),
      factors: tasks.map(() => undefined),
      names: tasks.map((task) => `task${task}`),
      contentKey: (member) => member,
      statistics: tasks.map((_, i) => ({
        gram: grams[i]![module] && toMatrix(grams[i]!, module),
        fisher: toMatrix(fishers[i]!, module),
      })),
      deltas: tuned.map((state) => {
        const { data } = toMatrix(state, module);
        return matrix(
          frozen.rows,
          frozen.cols,
          data.map((value, i) => value - frozen.data[i]!),
        );
      }),
    };
  });
}

function toMatrix(tensors: NamedTensors, name: string): Matrix {
  const [rows, cols = 1] = tensors[name]!.shape as [number, number?];
  return fromRowMajor(rows, cols, numbers(tensors, name));
}

/** Whether a module is a matrix and no vector. */
export const isMatrix = ({ deltas }: ModuleDeltas): boolean => deltas[0]!.cols > 1;

/**
 * Largest difference between a method and numpy's answer over the tensors, relative to the largest entry of the change.
 * @param tensors which to compare; all modules are surveyed in any case
 */
export function goldenError(
  result: string,
  { method, params, weights = tasks.map(() => 1) }: { method: string; params?: unknown; weights?: readonly number[] },
  tensors: (module: ModuleDeltas) => boolean = isMatrix,
): number {
  const modules = goldenModules();
  const base = goldenTensors('full', 'base.safetensors');
  const expected = goldenTensors('full', 'results', `${result}.safetensors`);
  const configured = findMethod(method).configure(params);
  const merge = configured.begin(weights, modules);
  const errors = modules.filter(tensors).map((module) => {
    const merged = merge(module);
    const [theta0, theta] = [toMatrix(base, module.module), toMatrix(expected, module.module)];
    const change = theta.data.map((value, i) => value - theta0.data[i]!);
    const largest = Math.max(...change.map(Math.abs));
    return (
      Math.max(...change.map((value, i) => Math.abs(configured.params.lambda * merged.data[i]! - value))) / largest
    );
  });
  return Math.max(...errors);
}
