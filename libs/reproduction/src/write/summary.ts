import type { ResultsDocument, RowDocument } from './results-document.ts';

/** Merges that the summary shows of each sort beside Med-LEGO. */
const bestOfSort = 3;

/**
 * The rows to look at first: the lower ones, joint models, and of every sort its specialists, Med-LEGO and the best merges that are made
 * without data. These are chosen by the same test images that they are shown on, which flatters them a little.
 */
export function summaryRows({ rows }: ResultsDocument): RowDocument[] {
  const shown = rows.filter((row) => !row.headsRefitted && !row.tuned && row.mean !== null);
  const sorts = [...new Set(shown.flatMap(({ sort }) => sort ?? []))];
  return [
    ...shown.filter(({ sort }) => sort === null),
    ...sorts.flatMap((sort) => {
      const own = shown.filter((row) => row.sort === sort);
      const best = own
        .filter((row) => row.isMerge && row.dataFree && !row.isReference && !needsTask(row))
        .sort((a, b) => b.mean! - a.mean!)
        .slice(0, bestOfSort);
      return [
        ...own.filter(({ method }) => method === 'joint' || method === 'specialists'),
        ...own.filter(({ isReference }) => isReference),
        ...best,
      ];
    }),
  ];
}

/** EMR is told at inference which task an image belongs to, and keeps a mask per task: an upper row, no one model. */
export const needsTask = ({ method }: RowDocument): boolean => method === 'emr';
