/**
 * Factor per member that norm balance puts on its whole update: all then have the mean of the members' norms, so the sum of
 * norms stays and no specialist drowns because it was trained longer. The norm is taken over all modules together: within
 * an adapter the proportions between modules are what was learned.
 *
 * @param norms Frobenius norm of each member's whole update; a zero update keeps factor 1 and is left out of the mean
 */
export function balanceFactors(norms: readonly number[], balance: 'none' | 'norm'): readonly number[] {
  const moved = norms.filter((norm) => norm > 0);
  if (balance === 'none' || moved.length === 0) return norms.map(() => 1);
  const mean = moved.reduce((sum, norm) => sum + norm, 0) / moved.length;
  return norms.map((norm) => (norm > 0 ? mean / norm : 1));
}
