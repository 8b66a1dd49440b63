import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { requireSplit } from '@medlego/data';
import { evaluateScores } from '@medlego/metrics';
import { writeFileAtomic } from '@medlego/tensors';
import type { TableRun } from '../run/run-table.ts';

/**
 * Writes the scores of every row, seed and task as MedMNIST's evaluator reads them: `{flag}{size}_test_[AUC]0.912_[ACC]0.834@{run}.csv`,
 * a line per image with its index and its scores, no header. The run is the row's id and seed, without dots.
 *
 * Source: MedMNIST/MedMNIST, `medmnist/evaluator.py` (3.0.2)
 * @returns the number of files
 */
export async function writeMedmnistResults(folder: string, { config, tasks, rows, seeds }: TableRun): Promise<number> {
  await mkdir(folder, { recursive: true });
  const size = config.size === 28 ? '' : `_${config.size}`;
  let files = 0;
  for (const row of rows)
    for (const [at, seed] of seeds.entries())
      for (const { name, dataset } of tasks) {
        const scores = row.scores[at]![name];
        if (!scores) continue;
        const { labels } = requireSplit(dataset, 'test');
        const { metrics } = evaluateScores({ kind: dataset.task.kind, labels, scores }, { bootstrap: 0 });
        const auc = (metrics.auc ?? metrics.auc_mean_of_defined ?? 0).toFixed(3);
        const run = `${row.id.replaceAll('.', '-')}-s${seed}`;
        const file = `${name}${size}_test_[AUC]${auc}_[ACC]${(metrics.acc ?? 0).toFixed(3)}@${run}.csv`;
        const width = scores.shape[1]!;
        const lines = Array.from({ length: scores.shape[0]! }, (_, i) =>
          [i, ...scores.data.subarray(i * width, (i + 1) * width)].join(','),
        );
        await writeFileAtomic(join(folder, file), `${lines.join('\n')}\n`, { what: 'MedMNIST result file' });
        files++;
      }
  return files;
}
