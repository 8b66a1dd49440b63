import type { HostTensor } from '@medlego/tensors';

/** Mean and standard deviation of each feature. */
export interface FeatureScale {
  readonly mean: Float64Array;
  /** Greater than 0: a constant feature has 1, so it is centred and carries nothing. */
  readonly deviation: Float64Array;
}

/** Biased mean and deviation per column. features [n, d] float32. Two passes in float64. */
export function measureScale(features: HostTensor<'float32'>): FeatureScale {
  const [rows, dim] = features.shape as [number, number];
  const mean = new Float64Array(dim);
  const variance = new Float64Array(dim);
  for (let i = 0; i < rows; i++) for (let j = 0; j < dim; j++) mean[j]! += features.data[i * dim + j]! / rows;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < dim; j++) variance[j]! += (features.data[i * dim + j]! - mean[j]!) ** 2 / rows;
  // Below this share of its mean a feature is constant up to float32 rounding.
  const deviation = variance.map((v, j) => (Math.sqrt(v) > 1e-6 * Math.abs(mean[j]!) && v > 0 ? Math.sqrt(v) : 1));
  return { mean, deviation };
}

/** (features − mean) / deviation. Returns [n · d] float64. */
export function standardize(features: HostTensor<'float32'>, { mean, deviation }: FeatureScale): Float64Array {
  const dim = mean.length;
  const out = new Float64Array(features.data.length);
  for (let k = 0; k < out.length; k++) out[k] = (features.data[k]! - mean[k % dim]!) / deviation[k % dim]!;
  return out;
}

/**
 * A head on standardised features as the same head on raw features: W/σ and b − Σ Wμ/σ.
 *
 * @param weight [labels · d] on standardised features
 * @param bias   [labels]
 */
export function foldScale(
  weight: Float64Array,
  bias: Float64Array,
  { mean, deviation }: FeatureScale,
): { readonly weight: Float64Array; readonly bias: Float64Array } {
  const dim = mean.length;
  const folded = new Float64Array(weight.length);
  const shifted = bias.slice();
  for (let k = 0; k < weight.length; k++) {
    folded[k] = weight[k]! / deviation[k % dim]!;
    shifted[Math.floor(k / dim)]! -= folded[k]! * mean[k % dim]!;
  }
  return { weight: folded, bias: shifted };
}
