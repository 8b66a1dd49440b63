import { rotate } from '../kernels.ts';
import { type Matrix } from '../matrix.ts';

/** A piece in the singular vectors of its halves: e₀ zᵀ + diag(d). Rotated in place by `deflate`. */
export interface Slots {
  readonly d: Float64Array;
  readonly z: Float64Array;
  readonly u: Matrix;
  readonly v: Matrix;
  /** Rows in which a slot's vectors are not zero: 1 upper half, 2 lower half, 3 both. */
  readonly halves: Uint8Array;
  /** Rows of the upper half in u and in v. */
  readonly uTop: number;
  readonly vTop: number;
}

/** Of a matrix scaled to largest entry 1: what may be neglected without being seen in the result. */
const negligible = 8 * 2 ** -52;

/**
 * Sets aside the slots whose value needs no work: where z vanishes, where d is zero, or where two d agree (a rotation then
 * makes one z vanish).
 *
 * @returns the other slots by rising d, strictly; slot 0 first
 */
export function deflate({ d, z, u, v, halves }: Slots): number[] {
  if (z[0]! <= negligible) z[0] = negligible; // d[0] = 0 must stay a pole
  const order = Array.from({ length: d.length - 1 }, (_, i) => i + 1).sort((i, j) => d[i]! - d[j]! || i - j);
  const active = [0];
  for (const slot of order) {
    if (Math.abs(z[slot]!) <= negligible) continue;
    const before = active[active.length - 1]!;
    if (d[slot]! - d[before]! > negligible) {
      active.push(slot);
      continue;
    }
    const length = Math.hypot(z[before]!, z[slot]!);
    if (before === 0) {
      // d = 0: only the right vectors meet z, so only they are turned, and slot 0 takes all of it.
      turn(v, slot, 0, z[0]! / length, z[slot]! / length);
      d[slot] = 0;
      z[0] = length;
    } else {
      turn(v, before, slot, z[slot]! / length, z[before]! / length);
      turn(u, before, slot, z[slot]! / length, z[before]! / length);
      halves[slot] = halves[slot]! | halves[before]!;
      z[before] = 0;
      z[slot] = length;
      active[active.length - 1] = slot;
    }
  }
  return active;
}

/** Column `out` takes what is orthogonal to z, column `into` all of it. */
function turn({ rows, data }: Matrix, out: number, into: number, cos: number, sin: number): void {
  rotate(data, out * rows, into * rows, rows, cos, sin);
}
