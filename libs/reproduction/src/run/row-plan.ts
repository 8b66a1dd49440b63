import { findMethod } from '@medlego/merging';
import type { SortConfig, TableConfig } from '../config/config-schema.ts';

/** Rows that every table has beside its merges. */
export const fixedMethods = ['majority', 'all_zeros', 'unadapted', 'probe', 'specialists', 'joint'] as const;
export type FixedMethod = (typeof fixedMethods)[number];

/** One row of a table, before it is computed. */
export interface RowPlan {
  /** Unique: method, sort and how it was made. */
  readonly id: string;
  readonly row: string;
  /** A `FixedMethod` or the id of a merge method. */
  readonly method: string;
  readonly isMerge: boolean;
  /** null for rows that no specialist has a part in. */
  readonly sort: string | null;
  readonly trainedAs: SortConfig['trainedAs'] | null;
  readonly params: Readonly<Record<string, unknown>>;
  readonly space: 'core' | 'full' | undefined;
  readonly tuned: boolean;
  readonly headsRefitted: boolean;
  /** Made without any data beyond the specialists and their heads. */
  readonly dataFree: boolean;
}

export interface PlanOptions {
  /** Only merges and sorts whose title or id is among these; the rows that others are judged by are always there. */
  readonly only?: readonly string[] | undefined;
  /** Every merge also with parameters chosen on validation. */
  readonly tuned?: boolean | undefined;
}

/**
 * All rows of a table in their order: the lower rows, then sort by sort the specialists and their merges.
 * @param isMultiLabel whether any task is multi-label, which adds the all-zeros row
 */
export function planRows(config: TableConfig, isMultiLabel: boolean, options: PlanOptions = {}): RowPlan[] {
  const { only, tuned: allTuned = false } = options;
  const wanted = (...names: readonly string[]) =>
    !only || only.length === 0 || names.some((name) => only.includes(name));
  const sorts = Object.entries(config.sorts).filter(
    ([id]) => wanted(id) || config.rows.some((row) => row.sorts.includes(id) && wanted(row.row, row.method)),
  );
  const plans: RowPlan[] = [
    fixed('majority', 'Majority class', null),
    ...(isMultiLabel ? [fixed('all_zeros', 'All zeros (multi-label tasks)', null)] : []),
    fixed('probe', 'Δ = 0, probe heads (solved)', null),
  ];
  for (const [id, sort] of sorts) {
    if (sort.kind === 'joint') {
      plans.push(fixed('joint', sort.title, [id, sort]));
      continue;
    }
    plans.push(fixed('specialists', `Specialists, ${sort.title}`, [id, sort]));
    plans.push(fixed('unadapted', `Δ = 0, heads of ${sort.title}`, [id, sort]));
    const merges = config.rows.filter((row) => row.sorts.includes(id) && wanted(id, row.row, row.method));
    for (const row of merges) {
      const isDataFree = findMethod(row.method).needs.length === 0;
      const base = {
        method: row.method,
        isMerge: true,
        sort: id,
        trainedAs: sort.trainedAs,
        params: row.params,
        space: row.space,
      };
      for (const tuned of row.tuned || allTuned ? [false, true] : [false])
        for (const headsRefitted of row.refit ? [false, true] : [false])
          plans.push({
            ...base,
            id: [slug(row.row), id, ...(tuned ? ['tuned'] : []), ...(headsRefitted ? ['refit'] : [])].join('.'),
            row: row.row,
            tuned,
            headsRefitted,
            dataFree: isDataFree && !tuned && !headsRefitted,
          });
    }
  }
  return plans;
}

function fixed(method: FixedMethod, row: string, sort: readonly [string, SortConfig] | null): RowPlan {
  return {
    id: sort ? `${method}.${sort[0]}` : method,
    row,
    method,
    isMerge: false,
    sort: sort?.[0] ?? null,
    trainedAs: sort?.[1].trainedAs ?? null,
    params: {},
    space: undefined,
    tuned: false,
    headsRefitted: false,
    dataFree: false,
  };
}

/** Med-LEGO with the paper's defaults, which all other rows are held against. */
export const isReference = ({ method, params, tuned, headsRefitted }: RowPlan): boolean =>
  method === 'med-lego' && Object.keys(params).length === 0 && !tuned && !headsRefitted;

/** A title as part of an id or a file name. */
export const slug = (title: string): string =>
  title
    .toLowerCase()
    .replace(/λ/g, 'lambda')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
