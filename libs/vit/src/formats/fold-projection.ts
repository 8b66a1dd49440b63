import { UnsupportedModelError } from '@medlego/errors';
import { asFloat32, assertShape, float32, type NamedTensors } from '@medlego/tensors';
import { type VitConfig } from '../config/vit-config.ts';

export interface Projected {
  readonly config: VitConfig;
  readonly params: NamedTensors;
  readonly head?: NamedTensors;
}

/**
 * A model without its projection: head.weight · proj.weight is the head of the features before it, so that formats which know no
 * projection can hold it.
 *
 * @returns the parts as they are where there is none
 * @throws UnsupportedModelError if there is a projection and no head to take it in
 */
export function foldProjection(
  config: VitConfig,
  { params, head }: { readonly params: NamedTensors; readonly head?: NamedTensors },
  source: string,
): Projected {
  if (config.projDim === undefined) return { config, params, ...(head && { head }) };
  if (!head)
    throw new UnsupportedModelError({
      source,
      feature: 'a projection and no head',
      supported: 'towers without a projection, or with a head to fold it into',
    });
  const { projDim, ...plain } = config;
  const { 'proj.weight': proj, ...rest } = params;
  const labels = head['head.weight']!.shape[0]!;
  assertShape('head.weight', [labels, projDim], head['head.weight']!.shape);
  const weight = product(
    asFloat32('head.weight', head['head.weight']!).data,
    asFloat32('proj.weight', proj!).data,
    projDim,
  );
  return {
    config: plain,
    params: rest,
    head: { ...head, 'head.weight': float32([labels, config.embedDim], weight) },
  };
}

/** [rows, inner] times [inner, columns], sums in float64. */
function product(a: Float32Array, b: Float32Array, inner: number): Float32Array {
  const [rows, columns] = [a.length / inner, b.length / inner];
  const result = new Float32Array(rows * columns);
  const sums = new Float64Array(columns);
  for (let r = 0; r < rows; r++) {
    sums.fill(0);
    for (let k = 0; k < inner; k++) {
      const factor = a[r * inner + k]!;
      for (let c = 0; c < columns; c++) sums[c]! += factor * b[k * columns + c]!;
    }
    result.set(sums, r * columns);
  }
  return result;
}
