import { InvalidValueError, NonFiniteError, ShapeMismatchError } from '@medlego/errors';
import { firstNonFinite } from './kernels.ts';

export type FloatArray = Float32Array | Float64Array;

/**
 * One module's update in factored form: ΔW = scaling · B diag(E) A, a matrix [out, in].
 *
 * `b` [out, rank] and `a` [rank, in] are row-major, `e` [rank]; float32 or float64, sums are made in float64 either way.
 * A plain LoRA has `e` all ones. Borrowed by everything that takes one, never written to.
 */
export interface LowRankUpdate {
  readonly out: number;
  readonly in: number;
  readonly rank: number;
  readonly b: FloatArray;
  readonly e: FloatArray;
  readonly a: FloatArray;
  readonly scaling: number;
}

/** A whole adapter: one update per module (`blocks.0.attn.q`). Modules that it does not touch are absent. */
export type AdapterUpdates = Readonly<Record<string, LowRankUpdate>>;

function assertDimension(field: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidValueError({ field, expected: 'a whole number of at least 1', actual: value });
}

function assertFactor(param: string, shape: readonly number[], data: unknown): void {
  if (!(data instanceof Float32Array || data instanceof Float64Array))
    throw new InvalidValueError({
      field: param,
      expected: 'a Float32Array or Float64Array',
      actual: Object.prototype.toString.call(data).slice(8, -1),
    });
  const size = shape.reduce((product, dim) => product * dim, 1);
  if (data.length !== size) throw new ShapeMismatchError({ param, expected: shape, actual: [data.length] });
  const index = firstNonFinite(data);
  if (index >= 0) throw new NonFiniteError({ param, index, value: String(data[index]) });
}

/**
 * Checks sizes, lengths and that every number is finite.
 *
 * @param param name of the update in error messages, for example `pneumonia.blocks.0.attn.q`
 * @throws InvalidValueError for a rank or size below 1 or a factor that is no float array, ShapeMismatchError for a
 *         factor of another length, NonFiniteError for NaN or infinity
 */
export function assertLowRankUpdate(param: string, update: LowRankUpdate): void {
  assertDimension(`${param}.out`, update.out);
  assertDimension(`${param}.in`, update.in);
  assertDimension(`${param}.rank`, update.rank);
  assertFactor(`${param}.b`, [update.out, update.rank], update.b);
  assertFactor(`${param}.e`, [update.rank], update.e);
  assertFactor(`${param}.a`, [update.rank, update.in], update.a);
  if (!Number.isFinite(update.scaling))
    throw new InvalidValueError({ field: `${param}.scaling`, expected: 'a finite number', actual: update.scaling });
}
