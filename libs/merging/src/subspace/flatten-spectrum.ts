/** The mean of singular values over `size` places, of which those beyond the list are zero. */
export function meanOver(singularValues: Float64Array, size: number): number {
  let sum = 0;
  for (const value of singularValues) sum += value;
  return size === 0 ? 0 : sum / size;
}
