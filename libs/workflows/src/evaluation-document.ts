import type { Evaluation } from '@medlego/metrics';
import type { EvaluatedArtifact, RowName } from './evaluate-artifact.ts';

/** What `medlego evaluate --json` prints and a report keeps; plain JSON. */
export interface EvaluationDocument extends Readonly<Record<string, unknown>> {
  readonly artifact: string;
  readonly split: string;
  /** The artifact's own figures per task, and beside them the rows that it was compared with. */
  readonly tasks: readonly (Evaluation & {
    readonly task: string;
    readonly against: Readonly<Partial<Record<RowName, Evaluation>>>;
  })[];
  readonly mean: { readonly acc: number };
}

/** The answer for machines: `{ artifact, split, tasks, mean, retention, gainKept, headsRefitted }`. */
export function evaluationDocument(result: EvaluatedArtifact): EvaluationDocument {
  const main: RowName = result.artifact.manifest.kind === 'generalist' ? 'generalist' : 'specialist';
  const accuracies = result.tasks.flatMap((task) => task.rows[main]?.metrics.acc ?? []);
  return {
    artifact: result.artifact.digest,
    split: result.split,
    tasks: result.tasks.map(({ task, rows }) => ({
      task: task.name,
      ...rows[main]!,
      against: Object.fromEntries(Object.entries(rows).filter(([row]) => row !== main)),
    })),
    mean: { acc: accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length },
    retention: result.retention,
    gainKept: result.gainKept,
    headsRefitted: result.headsRefitted,
  };
}
