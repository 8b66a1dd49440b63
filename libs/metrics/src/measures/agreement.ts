import { columnTotals, type Confusion, rowTotals } from './confusion.ts';

/** Mean recall over the classes that occur; null without cases. Equals scikit-learn's `balanced_accuracy_score`. */
export function balancedAccuracy(confusion: Confusion): number | null {
  const totals = rowTotals(confusion);
  const recalls = [...totals.keys()]
    .filter((label) => totals[label]! > 0)
    .map((label) => diagonal(confusion, label) / totals[label]!);
  return recalls.length === 0 ? null : mean(recalls);
}

/** F1 of one class, 2 TP / (2 TP + FP + FN); 0 where it is neither true nor predicted anywhere. */
export function f1(confusion: Confusion, label: number): number {
  const denominator = rowTotals(confusion)[label]! + columnTotals(confusion)[label]!;
  return denominator === 0 ? 0 : (2 * diagonal(confusion, label)) / denominator;
}

/** Unweighted mean of F1 over all classes (scikit-learn: `average="macro", zero_division=0`). */
export const f1Macro = (confusion: Confusion): number =>
  mean(Array.from({ length: confusion.classes }, (_, label) => f1(confusion, label)));

/**
 * Cohen's kappa: 1 - disagreement / disagreement expected by chance. `quadratic` weighs a mistake by its squared
 * distance in classes, for ordered classes. Null where chance leaves nothing to disagree about.
 *
 * Source: Cohen 1960 and 1968. Equals scikit-learn's `cohen_kappa_score` (`weights="quadratic"`).
 */
export function kappa(confusion: Confusion, { quadratic = false } = {}): number | null {
  const { classes, counts } = confusion;
  const rows = rowTotals(confusion);
  const columns = columnTotals(confusion);
  const total = rows.reduce((sum, value) => sum + value, 0);
  let observed = 0;
  let expected = 0;
  for (let row = 0; row < classes; row++)
    for (let column = 0; column < classes; column++) {
      const weight = quadratic ? (row - column) ** 2 : Number(row !== column);
      observed += weight * counts[row * classes + column]!;
      expected += (weight * rows[row]! * columns[column]!) / total;
    }
  return expected > 0 ? 1 - observed / expected : null;
}

const diagonal = ({ classes, counts }: Confusion, label: number): number => counts[label * (classes + 1)]!;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
