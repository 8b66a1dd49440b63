import { InvalidValueError } from '@medlego/errors';

/** One metric (of [0, 1], higher is better) of one task. */
export interface TaskScores {
  readonly task: string;
  readonly generalist: number;
  readonly specialist: number;
  /** Of the linear head solved on the plain backbone. */
  readonly probe: number;
  /** Paired interval of specialist - probe, if known (`compare`). */
  readonly specialistOverProbe?: readonly [lower: number, upper: number] | null;
}

export interface Retention {
  /** Mean over tasks of generalist / specialist; null without tasks. Can be had for nothing: read `GainKept` with it. */
  readonly mean: number | null;
  /** Mean of the generalist over mean of the specialists, as the ratio of two columns' means. */
  readonly ofMeans: number | null;
  readonly perTask: Readonly<Record<string, number | null>>;
}

export interface GainKept {
  /** Sum of (generalist - probe) over sum of (specialist - probe), over `counted`; null without any. */
  readonly pooled: number | null;
  /** (generalist - probe) / (specialist - probe) of the counted tasks. One small gain can make it huge. */
  readonly perTask: Readonly<Record<string, number>>;
  readonly counted: readonly string[];
  readonly leftOut: readonly { readonly task: string; readonly reason: string }[];
  /** Counted tasks whose paired interval of specialist - probe includes 0: their gain may be chance. */
  readonly uncertain: readonly string[];
}

/** Differences below this are rounding, not gains. */
const noGain = 1e-12;

/** How much of its specialists' performance a generalist keeps. @throws InvalidValueError for scores outside [0, 1] */
export function retention(tasks: readonly TaskScores[]): Retention {
  tasks.forEach(assertScores);
  const perTask = tasks.map(({ task, generalist, specialist }) => [task, ratio(generalist, specialist)] as const);
  const defined = perTask.flatMap(([, value]) => value ?? []);
  return {
    mean: ratio(sum(defined), defined.length),
    ofMeans: ratio(sum(tasks.map((row) => row.generalist)), sum(tasks.map((row) => row.specialist))),
    perTask: Object.fromEntries(perTask),
  };
}

/**
 * How much of what training gained over a linear probe on the untouched backbone survives the merge: 1 all of it, 0
 * nothing, negative worse than no adapter at all. Tasks whose specialist does not beat its probe say nothing about a
 * merge and are left out, by name.
 *
 * @throws InvalidValueError for scores outside [0, 1]
 */
export function gainKept(tasks: readonly TaskScores[]): GainKept {
  tasks.forEach(assertScores);
  const counted = tasks.filter((row) => row.specialist - row.probe > noGain);
  return {
    pooled: ratio(
      sum(counted.map((row) => row.generalist - row.probe)),
      sum(counted.map((row) => row.specialist - row.probe)),
    ),
    perTask: Object.fromEntries(
      counted.map((row) => [row.task, (row.generalist - row.probe) / (row.specialist - row.probe)]),
    ),
    counted: counted.map((row) => row.task),
    leftOut: tasks
      .filter((row) => !counted.includes(row))
      .map(({ task, specialist, probe }) => ({
        task,
        reason: `specialist ${percent(specialist)} does not beat its probe ${percent(probe)}`,
      })),
    uncertain: counted
      .filter(({ specialistOverProbe }) => specialistOverProbe && specialistOverProbe[0] <= 0)
      .map((row) => row.task),
  };
}

function assertScores({ task, ...scores }: TaskScores): void {
  for (const field of ['generalist', 'specialist', 'probe'] as const)
    if (!(scores[field] >= 0 && scores[field] <= 1))
      throw new InvalidValueError({ field: `${task}.${field}`, expected: 'a number in [0, 1]', actual: scores[field] });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const ratio = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);
const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
