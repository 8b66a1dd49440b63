import { type AdapterUpdates, type LowRankUpdate } from '@medlego/linalg';
import { InvalidValueError, MissingTensorError } from '@medlego/errors';
import { asFloat32, assertShape, float32, type NamedTensors } from '@medlego/tensors';
import { type BackboneConfig } from '../config/backbone-config.ts';
import { type AdapterSpec } from './adapter-spec.ts';
import { findModule, modulePattern } from './modules.ts';
import { adapterUpdates } from './updates.ts';

/**
 * A backbone with updates added into its weights, W + scaling B diag(E) A, so that serving and export need no adapter.
 *
 * @param params borrowed and left as they are
 * @returns all parameters; those that no update touches are shared with `params`
 * @throws ShapeMismatchError for an update of another size, InvalidValueError for a module that the backbone has not,
 *         MissingTensorError
 */
export function foldUpdates(config: BackboneConfig, params: NamedTensors, updates: AdapterUpdates): NamedTensors {
  const folded: Record<string, NamedTensors[string]> = { ...params };
  const copied = new Map<string, Float32Array>();
  for (const [module, update] of Object.entries(updates)) {
    const place = findModule(config, module);
    if (!place)
      throw new InvalidValueError({ field: 'adapter module', expected: modulePattern(config), actual: module });
    assertShape(`adapter: ${module}`, [place.out, place.in], [update.out, update.in]);
    const { param, firstRow } = place;
    let data = copied.get(param);
    if (!data) {
      const tensor = params[param];
      if (!tensor) throw new MissingTensorError({ param, source: 'backbone' });
      data = asFloat32(param, tensor).data.slice();
      copied.set(param, data);
      folded[param] = float32(tensor.shape, data);
    }
    addUpdate(data.subarray(firstRow * update.in, (firstRow + update.out) * update.in), update);
  }
  return folded;
}

/** weight += scaling B diag(E) A, row by row, sums in float64. weight [out, in]. */
function addUpdate(weight: Float32Array, { out, in: inner, rank, b, e, a, scaling }: LowRankUpdate): void {
  const row = new Float64Array(inner);
  for (let o = 0; o < out; o++) {
    row.fill(0);
    for (let k = 0; k < rank; k++) {
      const factor = scaling * b[o * rank + k]! * e[k]!;
      if (factor === 0) continue;
      for (let i = 0; i < inner; i++) row[i]! += factor * a[k * inner + i]!;
    }
    for (let i = 0; i < inner; i++) weight[o * inner + i]! += row[i]!;
  }
}

/** The same for an adapter of any kind: `full` gives its own tensors, `head-only` the backbone's. */
export function foldAdapter(
  config: BackboneConfig,
  params: NamedTensors,
  { spec, tensors }: { readonly spec: AdapterSpec; readonly tensors: NamedTensors },
): NamedTensors {
  return spec.kind === 'full' ? { ...params, ...tensors } : foldUpdates(config, params, adapterUpdates(spec, tensors));
}
