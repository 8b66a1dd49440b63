/**
 * Times the bootstrap: AUC alone at n = 1000 with 8 classes, and a whole evaluation at the size of the paper's largest
 * test split. Prints one JSON object a line; run with Node 22: `node libs/metrics/bench/bootstrap.ts`.
 */
import { bootstrapIntervals, type CasesInput, evaluateScores, metricStatistics, parseCases } from '../src/index.ts';
import { createRandomInt } from '../src/random.ts';

function randomInput(n: number, classes: number): CasesInput {
  const random = createRandomInt(0);
  const raw = Float64Array.from({ length: n * classes }, () => random(2 ** 20) / 2 ** 20);
  return {
    kind: 'multi-class',
    labels: Array.from({ length: n }, () => random(classes)),
    scores: { shape: [n, classes], data: raw },
  };
}

function time(bench: string, size: string, run: () => unknown): void {
  const times = Array.from({ length: 3 }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  console.log(JSON.stringify({ bench, size, value: Math.round(Math.min(...times)), unit: 'ms' }));
}

const small = parseCases(randomInput(1000, 8));
time('bootstrap-auc', 'n 1000, 8 classes, 1000 resamples', () =>
  bootstrapIntervals({ auc: metricStatistics(small).auc! }, small.n, { seed: 0, resamples: 1000 }),
);
const [smallInput, large] = [randomInput(1000, 8), randomInput(17_778, 11)];
time('evaluate-scores', 'n 1000, 8 classes, 1000 resamples', () => evaluateScores(smallInput));
time('evaluate-scores', 'n 17778, 11 classes, 1000 resamples', () => evaluateScores(large));
