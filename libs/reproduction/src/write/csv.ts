import type { ResultsDocument } from './results-document.ts';

const columns = [
  'table', 'setting', 'row', 'method', 'specialists', 'sort', 'data_free', 'tuned', 'heads_refitted', 'task', 'acc', 'acc_low', 'acc_high',
  'auc', 'auc_low', 'auc_high', 'acc_subset', 'ece', 'ece_specialist', 'over_med_lego', 'p_holm', 'retention', 'gain_kept', 'over_probe',
] as const; // prettier-ignore

/** One line per row and task, and one per row with task `mean`. Numbers as they are, empty where there is none. */
export function resultsCsv({ table, setting, rows }: ResultsDocument): string {
  const lines = rows.flatMap((row) => {
    const first = [
      table, setting, row.row, row.method, row.specialists, row.sort, row.dataFree, row.tuned, row.headsRefitted,
    ]; // prettier-ignore
    return [
      ...Object.entries(row.tasks).map(([task, one]) => [
        ...first, task, one.acc, ...ends(one.interval), one.auc, ...ends(one.aucInterval), one.accSubset, one.ece, one.eceBefore,
        one.overMedLego?.difference, one.overMedLego?.pHolm, null, null, null,
      ]), // prettier-ignore
      [
        ...first, 'mean', row.mean, ...ends(row.meanInterval), row.meanAuc, ...ends(row.meanAucInterval), null, null, null,
        row.overMedLego?.difference, row.overMedLego?.pHolm, row.retention, row.gainKept, row.overProbe,
      ], // prettier-ignore
    ];
  });
  return [columns, ...lines].map((line) => line.map(cell).join(',')).join('\n') + '\n';
}

const ends = (interval: readonly [number, number] | null): readonly (number | null)[] => interval ?? [null, null];

const cell = (value: string | number | boolean | null | undefined): string => {
  const text = value === null || value === undefined ? '' : String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
