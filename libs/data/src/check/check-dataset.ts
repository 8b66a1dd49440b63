import { classCounts } from '../labels.ts';
import { splitNames, type Dataset, type SplitName } from '../dataset.ts';
import { groupDuplicates, type Row } from './duplicates.ts';

export interface SplitReport {
  readonly split: SplitName;
  readonly count: number;
  /** Images per class, or per label of a multi-label task, in label order. */
  readonly classes: readonly { readonly label: string; readonly count: number; readonly share: number }[];
  /** Images beyond the first of every set of equal images within the split. */
  readonly duplicates: number;
}

/** Images that two splits have in common. */
export interface Leak {
  readonly splits: readonly [SplitName, SplitName];
  /** Different images that occur in both. */
  readonly images: number;
  /** Rows of the first few, in the order of `splits`. */
  readonly examples: readonly (readonly [number, number])[];
}

export interface DatasetReport {
  readonly name: string;
  readonly kind: string;
  readonly digest: string;
  readonly imageSize: { readonly height: number; readonly width: number; readonly channels: number };
  readonly splits: readonly SplitReport[];
  readonly leaks: readonly Leak[];
  /** Equal images with different labels: how many sets, and the rows of the first few. */
  readonly conflicts: { readonly sets: number; readonly examples: readonly (readonly Row[])[] };
  /** Sentences, worst first; empty if nothing was found. */
  readonly findings: readonly string[];
}

const examplesShown = 5;
const imbalanceNoted = 20;

/**
 * Looks a data set over before it is trained on: counts, class balance, equal images within and across splits (to the byte,
 * at the data set's own size), equal images with different labels, classes without images.
 */
export function checkDataset(dataset: Dataset): DatasetReport {
  const { task, digest } = dataset;
  const filled = splitNames.filter((name) => dataset.splits[name].count > 0);
  const groups = groupDuplicates(filled.map((split) => [split, dataset.splits[split]] as const));
  const splits = filled.map((split): SplitReport => {
    const { count } = dataset.splits[split];
    const counts = classCounts(task, dataset.splits[split]);
    return {
      split,
      count,
      classes: task.labels.map((label, index) => ({ label, count: counts[index]!, share: counts[index]! / count })),
      duplicates: groups.reduce((sum, group) => sum + Math.max(0, group.filter((row) => row.split === split).length - 1), 0),
    };
  });
  const leaks = pairsOf(filled).flatMap(([a, b]): Leak[] => {
    const shared = groups.flatMap((group): [number, number][] => {
      const [first, second] = [group.find(({ split }) => split === a), group.find(({ split }) => split === b)];
      return first && second ? [[first.row, second.row]] : [];
    });
    return shared.length > 0 ? [{ splits: [a, b], images: shared.length, examples: shared.slice(0, examplesShown) }] : [];
  });
  const conflicts = groups.filter((group) => new Set(group.map(({ label }) => label)).size > 1);
  const { height, width, channels } = dataset.splits[filled[0] ?? 'train'];
  return {
    name: task.name,
    kind: task.kind,
    digest,
    imageSize: { height, width, channels },
    splits,
    leaks,
    conflicts: { sets: conflicts.length, examples: conflicts.slice(0, examplesShown) },
    findings: [
      ...conflicts.slice(0, 1).map(() => `${conflicts.length} sets of equal images carry different labels.`),
      ...leaks.map((leak) => `${leak.images} images of ${leak.splits[0]} are also in ${leak.splits[1]}.`),
      ...splitNames.filter((name) => dataset.splits[name].count === 0).map((name) => `${name} holds no images.`),
      ...dataset.notices,
      ...splits.filter(({ duplicates }) => duplicates > 0).map(({ split, duplicates }) => `${split} holds ${duplicates} repeated images.`),
      ...splits.flatMap(noteImbalance),
    ],
  };
}

function noteImbalance({ split, classes }: SplitReport): string[] {
  const present = classes.filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
  const [most, least] = [present[0], present.at(-1)];
  if (split !== 'train' || !most || !least || most.count < imbalanceNoted * least.count) return [];
  return [`train has ${Math.round(most.count / least.count)} times as many images of ${most.label} as of ${least.label}.`];
}

const pairsOf = (names: readonly SplitName[]): [SplitName, SplitName][] =>
  names.flatMap((a, index) => names.slice(index + 1).map((b): [SplitName, SplitName] => [a, b]));
