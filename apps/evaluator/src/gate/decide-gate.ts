import type { Evaluation } from '@medlego/metrics';
import type { EvaluationDocument, RowName } from '@medlego/workflows';

/** Under which conditions a generalist may be promoted. */
export interface GatePolicy {
  /** Points of AUC (percent) that a task may lose against its specialist. */
  readonly maxLossPoints: number;
  /** No task may fall below its probe, the linear head solved on the plain backbone. */
  readonly aboveProbe: boolean;
}

export const defaultGatePolicy: GatePolicy = { maxLossPoints: 2, aboveProbe: true };

/** A task that has to be judged, with the rows that its figures can and have to be held against. */
export interface GateTask {
  readonly name: string;
  readonly against: readonly Extract<RowName, 'specialist' | 'probe'>[];
}

export interface GateVerdict {
  readonly passes: boolean;
  /** In words: everything that speaks against it, or what was found to be well. */
  readonly reasons: readonly string[];
}

/** Two figures that differ by less are the same: sums of floating-point numbers. */
const rounding = 1e-9;

/** Judges an evaluation of a generalist. Pure. What was not measured does not pass. */
export function decideGate(
  { tasks }: Pick<EvaluationDocument, 'tasks'>,
  expected: readonly GateTask[],
  { maxLossPoints, aboveProbe }: GatePolicy = defaultGatePolicy,
): GateVerdict {
  const against: string[] = [];
  const losses: { readonly task: string; readonly points: number }[] = [];
  for (const { name, against: rows } of expected) {
    const task = tasks.find((candidate) => candidate.task === name);
    const own = task && aucOf(task);
    if (own == null) {
      against.push(task ? `${name}: its AUC is not defined on these images.` : `${name}: it was not evaluated.`);
      continue;
    }
    const figures = Object.fromEntries(rows.map((row) => [row, aucOf(task!.against[row])]));
    const missing = rows.filter((row) => figures[row] == null);
    if (missing.length > 0) against.push(`${name}: it was not compared with its ${missing.join(' and ')}.`);
    const { specialist, probe } = figures;
    if (specialist != null) {
      const points = 100 * (specialist - own);
      losses.push({ task: name, points });
      if (points > maxLossPoints + rounding)
        against.push(
          `${name}: AUC ${percent(own)} is ${points.toFixed(1)} points below its specialist's ${percent(specialist)}; at most ${maxLossPoints} may be lost.`,
        );
    }
    if (aboveProbe && probe != null && own < probe - rounding)
      against.push(
        `${name}: AUC ${percent(own)} is below the ${percent(probe)} of its probe, a linear head on the plain backbone.`,
      );
  }
  if (expected.length === 0) against.push('There is no task to judge it by.');
  if (against.length > 0) return { passes: false, reasons: against };
  const worst = losses.toSorted((a, b) => b.points - a.points)[0];
  const reason = worst
    ? `The gate let it pass: of ${losses.length} tasks, ${worst.task} loses most, ${worst.points.toFixed(1)} points of AUC.`
    : 'The gate let it pass.';
  return { passes: true, reasons: [reason] };
}

/** The mean over the classes that have one stands in where a class is missing among the images. */
const aucOf = (row: Evaluation | undefined): number | null | undefined =>
  row?.metrics.auc ?? row?.metrics.auc_mean_of_defined;

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
