import type { Evaluation, MetricName } from '@medlego/metrics';
import type { EvaluationDocument } from '@medlego/workflows';
import { describe, expect, it } from 'vitest';
import { decideGate, type GateTask } from './decide-gate.ts';

const row = (auc: number | null, metrics: Partial<Record<MetricName, number | null>> = {}): Evaluation => ({
  kind: 'multi-class',
  n: 10,
  metrics: { auc, ...metrics },
  intervals: {},
  aucPerClass: [],
  confusion: null,
  labelConfusions: null,
  missingClasses: [],
  notes: [],
});

type Task = EvaluationDocument['tasks'][number];
const task = (name: string, own: number | null, against: Readonly<Record<string, number | null>>): Task => ({
  ...row(own),
  task: name,
  against: Object.fromEntries(Object.entries(against).map(([name, auc]) => [name, row(auc)])),
});
const expected = (...names: string[]): GateTask[] =>
  names.map((name) => ({ name, against: ['specialist', 'probe'] as const }));

const passing = [
  ['equal figures', task('a', 0.9, { specialist: 0.9, probe: 0.9 })],
  ['a gain', task('a', 0.95, { specialist: 0.9, probe: 0.5 })],
  ['a loss of exactly the limit, however it rounds', task('a', 0.88, { specialist: 0.9, probe: 0.8 })],
  [
    'a class without cases, by the mean over the others',
    {
      ...row(null, { auc_mean_of_defined: 0.9 }),
      task: 'a',
      against: { specialist: row(null, { auc_mean_of_defined: 0.91 }), probe: row(null, { auc_mean_of_defined: 0.8 }) },
    } satisfies Task,
  ],
] as const;

const failing = [
  [
    'more than the limit lost',
    task('a', 0.8799, { specialist: 0.9, probe: 0.5 }),
    'a: AUC 88.0 % is 2.0 points below its',
  ],
  ['below the probe', task('a', 0.89, { specialist: 0.9, probe: 0.8901 }), 'below the 89.0 % of its probe'],
  ['no comparison', task('a', 0.9, { majority: 0.5 }), 'not compared with its specialist and probe'],
  ['an undefined figure', task('a', null, { specialist: 0.9, probe: 0.8 }), 'not defined on these images'],
  ['an undefined comparison', task('a', 0.9, { specialist: null, probe: 0.8 }), 'not compared with its specialist'],
  ['another task', task('b', 0.9, { specialist: 0.9, probe: 0.8 }), 'a: it was not evaluated'],
] as const;

describe('decideGate', () => {
  it.each(passing)('lets pass %s', (_what, one) => {
    expect(decideGate({ tasks: [one] }, expected('a')).passes).toBe(true);
  });

  it.each(failing)('refuses %s', (_what, one, reason) => {
    const { passes, reasons } = decideGate({ tasks: [one] }, expected('a'));
    expect(passes).toBe(false);
    expect(reasons.join('\n')).toContain(reason);
  });

  it('gives every reason, and says what was lost where there is none', () => {
    const [good, lost] = [
      task('a', 0.9, { specialist: 0.905, probe: 0.8 }),
      task('b', 0.6, { specialist: 0.9, probe: 0.7 }),
    ];
    expect(decideGate({ tasks: [good, lost] }, expected('a', 'b')).reasons).toHaveLength(2);
    expect(decideGate({ tasks: [good] }, expected('a')).reasons).toEqual([
      'The gate let it pass: of 1 tasks, a loses most, 0.5 points of AUC.',
    ]);
  });

  it('holds a task against what it can be held against, by the policy that it is given', () => {
    const lone = task('a', 0.6, {});
    expect(decideGate({ tasks: [lone] }, [{ name: 'a', against: [] }]).passes).toBe(true);
    const one = task('a', 0.6, { specialist: 0.65, probe: 0.7 });
    expect(decideGate({ tasks: [one] }, expected('a'), { maxLossPoints: 5, aboveProbe: false }).passes).toBe(true);
    expect(decideGate({ tasks: [one] }, expected('a'), { maxLossPoints: 5, aboveProbe: true }).passes).toBe(false);
    expect(decideGate({ tasks: [] }, []).passes).toBe(false);
  });
});
