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
    title: `${sorts[sort]!.title} (${sort})`,
    sort,
    rows: shown.filter((row) => row.sort === sort),
  }));
  return [lower, ...perSort];
}

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

export const rowTitle = (row: RowDocument): string => {
  const needs = row.isMerge && !row.dataFree && !row.tuned && !row.headsRefitted ? ' (statistics)' : '';
  return `${row.row}${row.tuned ? ', tuned' : ''}${needs}`;
};
