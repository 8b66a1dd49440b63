import { existsSync, readFileSync } from 'node:fs';
import type { TaskKind } from '@medlego/tasks';
import { describe, expect, it } from 'vitest';
import {
  type CasesInput,
  clopperPearsonInterval,
  decide,
  delongTest,
  evaluateScores,
  holmAdjust,
  mcnemarTest,
  parseCases,
  wilsonInterval,
} from '../src/index.ts';
import { kappa } from '../src/measures/agreement.ts';
import { countConfusion } from '../src/measures/confusion.ts';
import { averagePrecision } from '../src/measures/average-precision.ts';
import { oneVersusRest } from '../src/one-versus-rest.ts';

/** Answers of scikit-learn 1.9.1, scipy 1.17.1 and medmnist 3.0.2; float64, compared within 1e-9. */
const folder = new URL('../../../../shared/interop/metrics/', import.meta.url);
const tolerance = 1e-9;

interface ScoreCase {
  readonly name: string;
  readonly kind: TaskKind;
  readonly labels: readonly number[] | readonly number[][];
  readonly scores: readonly number[] | readonly number[][];
  readonly medmnist: {
    readonly acc: number;
    readonly auc: number | null;
    readonly auc_per_class: readonly (number | null)[];
    readonly auc_mean_of_defined: number | null;
  };
  readonly more: Readonly<Record<string, unknown>>;
}

interface Statistics {
  readonly proportion_intervals: readonly {
    readonly successes: number;
    readonly trials: number;
    readonly level: number;
    readonly wilson: readonly [number, number];
    readonly exact: readonly [number, number];
  }[];
  readonly mcnemar: readonly {
    readonly only_a_right: number;
    readonly only_b_right: number;
    readonly p_exact: number;
  }[];
  readonly holm: { readonly p: readonly number[]; readonly adjusted: readonly number[] };
  readonly delong: {
    readonly labels: readonly number[];
    readonly scores_a: readonly number[];
    readonly scores_b: readonly number[];
    readonly auc: readonly number[];
    readonly standard_errors: readonly number[];
    readonly z: number;
    readonly p: number;
  };
}

const read = <T>(file: string): T => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as T;
const isPresent = existsSync(folder);
if (!isPresent) console.warn(`SKIPPED: the golden files of scikit-learn are not at ${folder.pathname}`);

function toInput({ kind, labels, scores }: ScoreCase): CasesInput {
  const width = Array.isArray(scores[0]) ? scores[0].length : 1;
  return { kind, labels: labels.flat(), scores: { shape: [scores.length, width], data: scores.flat() } };
}

function expectClose(actual: unknown, expected: unknown, what: string): void {
  if (Array.isArray(expected)) {
    expect(actual, what).toHaveLength(expected.length);
    expected.forEach((value, index) => expectClose((actual as unknown[])[index], value, `${what}[${index}]`));
  } else if (expected === null) expect(actual, what).toBeNull();
  else
    expect(Math.abs((actual as number) - (expected as number)), `${what}: ${String(actual)}`).toBeLessThan(tolerance);
}

describe.skipIf(!isPresent)('against medmnist and scikit-learn', () => {
  for (const golden of isPresent ? read<ScoreCase[]>('scores.json') : [])
    it(`${golden.name} (${golden.kind}) gives the reference's numbers`, () => {
      const input = toInput(golden);
      const cases = parseCases(input);
      const { metrics, aucPerClass, confusion } = evaluateScores(input, { bootstrap: 0 });
      const { acc, auc, auc_per_class, auc_mean_of_defined } = golden.medmnist;
      expectClose(metrics.acc, acc, 'acc');
      expectClose(metrics.auc, auc, 'auc');
      expectClose(metrics.auc_mean_of_defined, auc_mean_of_defined, 'auc_mean_of_defined');
      expectClose(aucPerClass, auc_per_class, 'aucPerClass');

      const compared = new Set(Object.keys(golden.more));
      const check = (field: string, actual: () => unknown): void => {
        if (compared.delete(field)) expectClose(actual(), golden.more[field], field);
      };
      for (const field of [
        'acc_subset',
        'balanced_accuracy',
        'f1_macro',
        'kappa',
        'average_precision',
        'log_loss',
        'brier',
      ] as const)
        check(field, () => metrics[field]);
      check('kappa_quadratic', () =>
        kappa(countConfusion(cases.labels, decide(cases), cases.classes), { quadratic: true }),
      );
      check('confusion_rows_true', () => confusion);
      check('average_precision_per_class', () => oneVersusRest(cases).map((view) => averagePrecision(view)()));
      expect([...compared], 'reference numbers that nothing was compared with').toEqual([]);
    });

  it('Wilson and Clopper-Pearson intervals are scipy’s', () => {
    for (const { successes, trials, level, wilson, exact } of read<Statistics>('statistics.json')
      .proportion_intervals) {
      expectClose(wilsonInterval(successes, trials, level), wilson, `wilson ${successes}/${trials}`);
      expectClose(clopperPearsonInterval(successes, trials, level), exact, `exact ${successes}/${trials}`);
    }
  });

  it('exact McNemar p-values are scipy’s binomial tests', () => {
    for (const { only_a_right, only_b_right, p_exact } of read<Statistics>('statistics.json').mcnemar)
      expectClose(mcnemarTest(only_a_right, only_b_right), p_exact, `${only_a_right} against ${only_b_right}`);
  });

  it('Holm’s adjustment keeps the order of the input', () => {
    const { p, adjusted } = read<Statistics>('statistics.json').holm;
    expectClose(holmAdjust(p), adjusted, 'adjusted');
  });

  it('DeLong’s test on scores with ties gives the definition’s AUCs, standard errors, z and p', () => {
    const golden = read<Statistics>('statistics.json').delong;
    const result = delongTest(golden.labels, golden.scores_a, golden.scores_b);
    expectClose(result.auc, golden.auc, 'auc');
    expectClose(result.standardErrors, golden.standard_errors, 'standardErrors');
    expectClose(result.z, golden.z, 'z');
    expectClose(result.p, golden.p, 'p');
  });
});
