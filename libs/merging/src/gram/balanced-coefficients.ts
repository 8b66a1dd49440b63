import { matrix, type Matrix } from '@medlego/linalg';
import { gramAverage } from './gram-average.ts';

/**
 * Coefficients c of M = Σ c_j D_j that leave the least relative error over the tasks:
 * min Σ_i |w_i| · tr((M − sign(w_i) D_i) G_i (M − sign(w_i) D_i)ᵀ) / tr(D_i G_i D_iᵀ), an N × N system. Of several minimisers
 * (equal members) the smallest c.
 *
 * @param forms   K_i of `responseForms`, one per task; tasks whose own form K_i[i, i] is zero take no part
 * @param weights one per task
 * @returns one coefficient per task
 */
export function balancedCoefficients(forms: readonly Matrix[], weights: readonly number[]): readonly number[] {
  const count = forms.length;
  const system = matrix(count, count);
  const target = matrix(1, count);
  forms.forEach(({ data }, i) => {
    const own = data[i * count + i]!;
    if (own === 0) return;
    const importance = Math.abs(weights[i]!) / own;
    for (let at = 0; at < data.length; at++) system.data[at] = system.data[at]! + importance * data[at]!;
    for (let j = 0; j < count; j++) target.data[j] = target.data[j]! + (weights[i]! / own) * data[i * count + j]!;
  });
  // Tasks differ in norm by orders of magnitude: solve for c_j ‖D_j‖, whose system has a unit scale.
  const scale = Float64Array.from({ length: count }, (_, j) => Math.sqrt(system.data[j * count + j]!));
  for (let k = 0; k < count; k++) {
    for (let j = 0; j < count; j++)
      system.data[k * count + j] = divide(system.data[k * count + j]!, scale[j]! * scale[k]!);
    target.data[k] = divide(target.data[k]!, scale[k]!);
  }
  return Array.from(gramAverage(target, system).data, (value, j) => divide(value, scale[j]!));
}

const divide = (x: number, y: number): number => (y === 0 ? 0 : x / y);
