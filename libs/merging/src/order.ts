/** Plain comparison by code units: the same on every machine, unlike a locale's. */
export const compareCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** As `compareCodeUnits`, but runs of digits compare as numbers: `blocks.2` before `blocks.10`. */
export function compareNatural(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const x = left[i]!;
    const y = right[i]!;
    const numeric = /^\d/.test(x) && /^\d/.test(y);
    const order = numeric ? Number(x) - Number(y) : compareCodeUnits(x, y);
    if (order !== 0) return order;
  }
  return left.length - right.length || compareCodeUnits(a, b);
}
