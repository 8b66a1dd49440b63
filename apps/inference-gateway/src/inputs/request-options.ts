import { InvalidValueError } from '@medlego/errors';
import { defaultTimeoutMs } from '../models/model-host.ts';

const maxPriority = 9;

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
