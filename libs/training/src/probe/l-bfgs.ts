export interface LbfgsOptions {
  readonly maxIterations?: number;
  /** Stops when no entry of the gradient is larger. */
  readonly gradientTolerance?: number;
  /** Number of remembered steps. */
  readonly memory?: number;
  /** v ↦ H₀⁻¹ v for a positive definite guess H₀ of the Hessian, up to scale; default: the identity. Returns a new array. */
  readonly precondition?: (v: Float64Array) => Float64Array;
}

export interface LbfgsResult {
  readonly x: Float64Array;
  readonly value: number;
  readonly iterations: number;
  readonly converged: boolean;
}

/** Value at x; writes the gradient into `gradient`. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

const dot = (a: Float64Array, b: Float64Array) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

const largest = (a: Float64Array) => {
  let max = 0;
  for (let i = 0; i < a.length; i++) max = Math.max(max, Math.abs(a[i]!));
  return max;
};

/**
 * Minimises a smooth function by limited-memory BFGS with a backtracking line search (Armijo condition, steps shortened by quadratic
 * interpolation; pairs of non-positive curvature are not remembered). Float64, no randomness: the same input gives the same bytes.
 * Source: Nocedal and Wright 2006, Algorithms 7.4 and 7.5.
 *
 * @param start borrowed, not changed
 */
export function minimize(objective: Objective, start: Float64Array, options: LbfgsOptions = {}): LbfgsResult {
  const { maxIterations = 100, gradientTolerance = 1e-5, memory = 10, precondition } = options;
  const size = start.length;
  let x: Float64Array = start.slice();
  let gradient = new Float64Array(size);
  let value = objective(x, gradient);
  const pairs: { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[] = [];
  let iterations = 0;

  while (iterations < maxIterations && largest(gradient) > gradientTolerance) {
    const direction = descentDirection(gradient, pairs, precondition);
    let slope = dot(direction, gradient);
    if (!(slope < 0)) {
      // The remembered curvature no longer fits; steepest descent always goes down.
      pairs.length = 0;
      for (let i = 0; i < size; i++) direction[i] = -gradient[i]!;
      slope = -dot(gradient, gradient);
    }
    let step = pairs.length || precondition ? 1 : Math.min(1, 1 / largest(gradient));
    const nextX = new Float64Array(size);
    const nextGradient = new Float64Array(size);
    let nextValue = Infinity;
    let accepted = false;
    for (let trial = 0; trial < 30; trial++) {
      for (let i = 0; i < size; i++) nextX[i] = x[i]! + step * direction[i]!;
      nextValue = objective(nextX, nextGradient);
      if (nextValue <= value + 1e-4 * step * slope) {
        accepted = true;
        break;
      }
      const fitted = (-slope * step * step) / (2 * (nextValue - value - slope * step));
      step = Number.isFinite(fitted) ? Math.min(0.5 * step, Math.max(0.1 * step, fitted)) : 0.1 * step;
    }
    // Rounding hides any further descent: this is the minimum to working precision.
    if (!accepted) break;
    const s = new Float64Array(size);
    const y = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      s[i] = nextX[i]! - x[i]!;
      y[i] = nextGradient[i]! - gradient[i]!;
    }
    const curvature = dot(s, y);
    if (curvature > 1e-10 * dot(y, y)) {
      pairs.push({ s, y, rho: 1 / curvature });
      if (pairs.length > memory) pairs.shift();
    }
    x = nextX;
    gradient = nextGradient;
    value = nextValue;
    iterations++;
  }
  return { x, value, iterations, converged: largest(gradient) <= gradientTolerance };
}

/** −H g by the two-loop recursion; H starts from the preconditioner, scaled by the newest pair (Nocedal and Wright, Eq. 7.20). */
function descentDirection(
  gradient: Float64Array,
  pairs: readonly { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[],
  precondition: (v: Float64Array) => Float64Array = (v) => v.slice(),
): Float64Array {
  const residual = new Float64Array(gradient.length);
  for (let i = 0; i < residual.length; i++) residual[i] = -gradient[i]!;
  const alphas = new Float64Array(pairs.length);
  for (let p = pairs.length - 1; p >= 0; p--) {
    const { s, y, rho } = pairs[p]!;
    alphas[p] = rho * dot(s, residual);
    for (let i = 0; i < residual.length; i++) residual[i]! -= alphas[p]! * y[i]!;
  }
  const q = precondition(residual);
  const last = pairs.at(-1);
  if (last) {
    const scale = 1 / (last.rho * dot(last.y, precondition(last.y)));
    for (let i = 0; i < q.length; i++) q[i]! *= scale;
  }
  for (let p = 0; p < pairs.length; p++) {
    const { s, y, rho } = pairs[p]!;
    const beta = rho * dot(y, q);
    for (let i = 0; i < q.length; i++) q[i]! += s[i]! * (alphas[p]! - beta);
  }
  return q;
}
