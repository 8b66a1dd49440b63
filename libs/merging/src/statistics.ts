import { MissingStatisticsError } from '@medlego/errors';
import { type Matrix } from '@medlego/linalg';

/** Statistics that training can write beside an adapter. They hold no image, but they are derived from patient data. */
export const statisticsKinds = ['gram', 'fisher'] as const;
export type StatisticsKind = (typeof statisticsKinds)[number];

/** Statistics of a member's training data, by module name. */
export interface MemberStatistics {
  /** XᵀX of the module's input rows, divided by their number: [in, in], symmetric. */
  readonly gram?: Readonly<Record<string, Matrix>>;
  /** Diagonal Fisher information of the dense weight: [out, in], none negative. */
  readonly fisher?: Readonly<Record<string, Matrix>>;
}

export interface ModuleStatistics {
  readonly gram?: Matrix | undefined;
  readonly fisher?: Matrix | undefined;
}

export const moduleStatistics = (
  statistics: MemberStatistics | undefined,
  module: string,
): ModuleStatistics | undefined =>
  statistics && { gram: statistics.gram?.[module], fisher: statistics.fisher?.[module] };

/** @throws MissingStatisticsError naming the method, the member, the kind and the module */
export function assertStatistics(
  method: { readonly id: string; readonly needs: readonly StatisticsKind[] },
  member: string,
  module: string,
  statistics: ModuleStatistics | undefined,
): void {
  for (const kind of method.needs)
    if (!statistics?.[kind]) throw new MissingStatisticsError({ method: method.id, member, kind, module });
}
