import { InvalidValueError } from '@medlego/errors';
import { defaultTimeoutMs } from '../models/model-host.ts';

const maxPriority = 9;

/** Which picture of a DICOM file is meant. */
export interface PictureOptions {
  /** From 0; default: the first. */
  readonly frame?: number;
  /** Of the windows and VOI tables of a grey file, windows first, from 0; default: the first. */
  readonly window?: number;
}

/** `frame` and `window`, as numbers or as text of a query. @throws InvalidValueError */
export function parsePictureOptions(parameters: Readonly<Record<string, unknown>>): PictureOptions {
  const index = (name: 'frame' | 'window') => {
    const value = parameters[name];
    if (value === undefined) return {};
    const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
    if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return { [name]: number };
    throw new InvalidValueError({
      field: `parameters.${name}`,
      expected: 'a whole number from 0',
      actual: String(value),
    });
  };
  return { ...index('frame'), ...index('window') };
}

/**
 * `timeout` in microseconds and `priority` (0 first, default 1), as Triton names them.
 * @throws InvalidValueError
 */
export function parseRequestOptions(parameters: Readonly<Record<string, unknown>>): {
  readonly timeoutMs: number;
  readonly priority: number;
} {
  const { timeout = defaultTimeoutMs * 1000, priority = 1 } = parameters;
  if (typeof timeout !== 'number' || !(timeout > 0 && timeout <= 600e6))
    throw new InvalidValueError({
      field: 'parameters.timeout',
      expected: 'microseconds up to 600000000',
      actual: String(timeout),
    });
  if (typeof priority !== 'number' || !Number.isInteger(priority) || priority < 0 || priority > maxPriority)
    throw new InvalidValueError({
      field: 'parameters.priority',
      expected: `0 to ${maxPriority}`,
      actual: String(priority),
    });
  return { timeoutMs: timeout / 1000, priority };
}
