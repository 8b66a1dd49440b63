import { describe, expect, it } from 'vitest';
import { float32 } from '@medlego/tensors';
import { applyHead, meanLoss, toScores } from '../head.ts';
import { targetsOf, type TaskShape } from '../targets.ts';
import { minimize } from './l-bfgs.ts';
import { linearObjective, type LinearProblem } from './linear-objective.ts';
import { solveProbe, type LabelledFeatures } from './solve-probe.ts';

/** Numbers in (−1, 1) that depend on the seed only (a linear congruential generator is enough here). */
function noise(seed: number) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** Classes around different centres, on dimensions of very different scale, plus one constant dimension. */
function blobs(count: number, classes: number, dim: number, seed: number, spread = 1): LabelledFeatures {
  const next = noise(seed);
  const features = new Float32Array(count * dim);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = i % classes;
    for (let j = 0; j < dim - 1; j++)
      features[i * dim + j] = 100 ** (j % 3) * ((j % classes === labels[i] ? 1 : 0) + spread * (next() + next())) + 5;
    features[i * dim + dim - 1] = 3;
  }
  return { count, labels, labelWidth: 1, features: float32([count, dim], features) };
}

const task: TaskShape = { kind: 'multi-class', labels: ['a', 'b', 'c'] };

describe('l-bfgs', () => {
  it('finds the minimum of the Rosenbrock function', () => {
    const result = minimize(
      (x, gradient) => {
        const [a, b] = x as unknown as [number, number];
        gradient[0] = -2 * (1 - a) - 400 * a * (b - a * a);
        gradient[1] = 200 * (b - a * a);
        return (1 - a) ** 2 + 100 * (b - a * a) ** 2;
      },
      Float64Array.of(-1.2, 1),
      { maxIterations: 200, gradientTolerance: 1e-8 },
    );
    expect(result.converged).toBe(true);
    expect([...result.x]).toEqual([expect.closeTo(1, 6), expect.closeTo(1, 6)]);
  });

  it('stops at the start if that is the minimum', () => {
    const result = minimize((x, g) => ((g[0] = 2 * x[0]!), x[0]! ** 2), Float64Array.of(0));
    expect(result).toMatchObject({ iterations: 0, converged: true, value: 0 });
  });
});

describe('linear objective', () => {
  it.each(['multi-class', 'multi-label, binary-class'] as const)('has the gradient of its own value (%s)', (kind) => {
    const next = noise(4);
    const problem: LinearProblem = {
      kind,
      features: Float64Array.from({ length: 20 }, next),
      targets: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0),
      weights: Float64Array.of(0.1, 0.2, 0.3, 0.25, 0.15),
      dim: 4,
      labels: 3,
      l2: 0.2,
      ...(kind === 'multi-class' ? {} : { positiveWeights: Float64Array.of(1, 2, 3) }),
    };
    const objective = linearObjective(problem);
    const x = Float64Array.from({ length: 15 }, next);
    const gradient = new Float64Array(15);
    objective(x, gradient);
    for (let k = 0; k < x.length; k++) {
      const at = (shift: number) =>
        objective(
          x.map((v, i) => (i === k ? v + shift : v)),
          new Float64Array(15),
        );
      expect(gradient[k]).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 7);
    }
  });
});

describe('solved probe', () => {
  const train = blobs(300, 3, 7, 1);
  const val = blobs(150, 3, 7, 2);

  it('separates classes on raw features, whatever their scale', () => {
    const probe = solveProbe({ task, train, val });
    const scores = toScores('multi-class', applyHead(val.features, probe.head)).data;
    let right = 0;
    for (let i = 0; i < val.count; i++) {
      const row = [...scores.subarray(3 * i, 3 * i + 3)];
      if (row.indexOf(Math.max(...row)) === val.labels[i]) right++;
    }
    expect(right / val.count).toBeGreaterThan(0.8);
  });

  it('takes the l2 with the smallest validation loss, and gives the same bytes twice', () => {
    const probe = solveProbe({ task, train, val });
    const losses = probe.candidates.map((candidate) => candidate.valLoss!);
    expect(probe.l2).toBe(probe.candidates[losses.indexOf(Math.min(...losses))]!.l2);
    expect(meanLoss('multi-class', applyHead(val.features, probe.head), targetsOf(task, val))).toBeCloseTo(
      Math.min(...losses),
      10,
    );
    expect(solveProbe({ task, train, val })).toEqual(probe);
  });

  it('does not depend on the scale of the features', () => {
    const scaled = (rows: LabelledFeatures) => ({
      ...rows,
      features: float32(
        rows.features.shape,
        rows.features.data.map((x) => 64 * x),
      ),
    });
    const plain = applyHead(val.features, solveProbe({ task, train, val }).head).data;
    const other = applyHead(
      scaled(val).features,
      solveProbe({ task, train: scaled(train), val: scaled(val) }).head,
    ).data;
    plain.forEach((z, k) => expect(other[k]).toBeCloseTo(z, 3));
  });

  it('solves every label of a multi-label task on its own', () => {
    const both: TaskShape = { kind: 'multi-label, binary-class', labels: ['x', 'y'] };
    const one: TaskShape = { kind: 'multi-label, binary-class', labels: ['x'] };
    const rows = blobs(200, 2, 5, 3);
    const labels = Int32Array.from({ length: 400 }, (_, k) =>
      k % 2 ? 1 - rows.labels[k >> 1]! : rows.labels[k >> 1]!,
    );
    const joint = solveProbe({ task: both, train: { ...rows, labels, labelWidth: 2 }, l2Grid: [0.01] });
    const alone = solveProbe({ task: one, train: { ...rows, labelWidth: 1 }, l2Grid: [0.01] });
    const [w2, w1] = [joint.head['head.weight']!.data as Float32Array, alone.head['head.weight']!.data as Float32Array];
    w1.forEach((w, j) => expect(w2[j]! / w).toBeCloseTo(1, 2));
  });

  it('reaches the optimum in tens of iterations although the features are nearly collinear', () => {
    const mixed = (rows: LabelledFeatures) => {
      const data = rows.features.data.map((value, k) => {
        const first = rows.features.data[k - (k % 7)]!;
        return k % 7 === 6 ? 3 : first + (0.01 * value) / 100 ** ((k % 7) % 3);
      });
      return { ...rows, features: float32(rows.features.shape, data) };
    };
    const { candidates } = solveProbe({ task, train: mixed(train), val: mixed(val), l2Grid: [1e-4] });
    expect(candidates[0]).toMatchObject({ converged: true });
    expect(candidates[0]!.iterations).toBeLessThan(40);
  });

  it('balanced class weights raise the rare class', () => {
    const rows = blobs(400, 2, 4, 5, 2);
    const keep = [...rows.labels.keys()].filter((i) => rows.labels[i] === 0 || i % 20 === 1);
    const rare: LabelledFeatures = {
      count: keep.length,
      labelWidth: 1,
      labels: Int32Array.from(keep, (i) => rows.labels[i]!),
      features: float32(
        [keep.length, 4],
        Float32Array.from(keep.flatMap((i) => [...rows.features.data.subarray(4 * i, 4 * i + 4)])),
      ),
    };
    const binary: TaskShape = { kind: 'binary-class', labels: ['no', 'yes'] };
    const positives = (classWeights: 'none' | 'balanced') => {
      const { head } = solveProbe({ task: binary, train: rare, l2Grid: [0.01], classWeights });
      const scores = toScores('binary-class', applyHead(rare.features, head)).data;
      return scores.filter((p, k) => k % 2 === 1 && p > 0.5).length;
    };
    expect(positives('balanced')).toBeGreaterThan(positives('none'));
  });

  it('names features that are not numbers', () => {
    const bad = {
      ...train,
      features: float32(
        train.features.shape,
        train.features.data.map((x, k) => (k === 9 ? NaN : x)),
      ),
    };
    expect(() => solveProbe({ task, train: bad, val })).toThrow(
      /train features: expected finite numbers, got NaN at index 9/,
    );
  });
});
