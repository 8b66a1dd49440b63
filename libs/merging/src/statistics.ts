import { InvalidValueError, MissingStatisticsError, NonFiniteError, ShapeMismatchError } from '@medlego/errors';
import { type Matrix } from '@medlego/linalg';

/** Statistics that training can write beside an adapter. They hold no image, but they are derived from patient data. */
export const statisticsKinds = ['gram', 'fisher'] as const;
export type StatisticsKind = (typeof statisticsKinds)[number];

/** Statistics of a member's training data, by module name. They describe data and are not touched by weights or balance. */
export interface MemberStatistics {
  /** XᵀX of the module's input rows, divided by their number: [in, in], symmetric. */
  readonly gram?: Readonly<Record<string, Matrix>>;
  /** Diagonal Fisher information of the dense weight: [out, in], none negative. */
  readonly fisher?: Readonly<Record<string, Matrix>>;
}

/** In full coordinates, whatever space the merge works in. */
export interface ModuleStatistics {
  readonly gram?: Matrix | undefined;
  readonly fisher?: Matrix | undefined;
}

/** Undefined for a member without statistics. */
export const moduleStatistics = (
  statistics: MemberStatistics | undefined,
  module: string,
): ModuleStatistics | undefined =>
  statistics && { gram: statistics.gram?.[module], fisher: statistics.fisher?.[module] };

/**
 * @throws MissingStatisticsError naming the method, the member, the kind and the module; ShapeMismatchError, NonFiniteError
 *         or InvalidValueError for statistics of another module, with NaN, or negative where they are sums of squares
 */
export function assertStatistics(
  method: { readonly id: string; readonly needs: readonly StatisticsKind[] },
  member: string,
  { module, out, in: columns }: { readonly module: string; readonly out: number; readonly in: number },
  statistics: ModuleStatistics | undefined,
): void {
  for (const kind of method.needs) {
    const values = statistics?.[kind];
    if (!values) throw new MissingStatisticsError({ method: method.id, member, kind, module });
    const param = `${kind} statistics of ${member} for ${module}`;
    const expected = kind === 'gram' ? [columns, columns] : [out, columns];
    if (values.rows !== expected[0] || values.cols !== expected[1])
      throw new ShapeMismatchError({ param, expected, actual: [values.rows, values.cols] });
    const { data, rows } = values;
    const index = data.findIndex((value) => !Number.isFinite(value));
    if (index >= 0) throw new NonFiniteError({ param, index, value: String(data[index]) });
    const stride = kind === 'gram' ? rows + 1 : 1; // a Gram's own diagonal, every entry of a Fisher
    for (let i = 0; i < data.length; i += stride)
      if (data[i]! < 0)
        throw new InvalidValueError({ field: param, expected: 'no negative sum of squares', actual: data[i] });
  }
}
