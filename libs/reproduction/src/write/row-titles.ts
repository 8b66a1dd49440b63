import type { ResultsDocument, RowDocument } from './results-document.ts';

/** Rows that are read together: the lower rows, then each sort of specialists with its merges. */
export interface TableBlock {
  readonly title: string;
  readonly sort: string | null;
  readonly rows: readonly RowDocument[];
}

/** Rows with re-fitted heads are a column of their row and stand in no block. */
export function tableBlocks({ rows, sorts }: ResultsDocument): TableBlock[] {
  const shown = rows.filter((row) => !row.headsRefitted);
  const lower = { title: 'Without any merge', sort: null, rows: shown.filter(({ sort }) => sort === null) };
  const perSort = [...new Set(shown.flatMap(({ sort }) => sort ?? []))].map((sort) => ({
    title: capital(sorts[sort]!.title),
    sort,
    rows: shown.filter((row) => row.sort === sort),
  }));
  return [lower, ...perSort];
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The same row with heads re-fitted on the merged features. */
export const refittedOf = ({ rows }: ResultsDocument, row: RowDocument): RowDocument | undefined =>
  rows.find(
    (other) =>
      other.headsRefitted &&
      other.isMerge &&
      other.row === row.row &&
      other.sort === row.sort &&
      other.tuned === row.tuned,
  );

/** Short: the heading above it, or the column beside it, names the sort. */
export const rowTitle = (row: RowDocument): string => {
  if (row.method === 'specialists') return 'Specialists, each by itself';
  if (row.method === 'unadapted') return 'Δ = 0, their heads';
  const needs = row.isMerge && !row.dataFree && !row.tuned && !row.headsRefitted ? ' (statistics)' : '';
  return `${row.row}${row.tuned ? ', tuned' : ''}${needs}`;
};
