import { WrongBackboneError } from '@medlego/errors';

/**
 * Throws WrongBackboneError, naming both digests, unless they are the same.
 * @param subject what the adapter is called, for the message
 */
export function assertSameBackbone(expected: string, actual: string | null, subject = 'adapter'): void {
  if (expected !== actual) throw new WrongBackboneError({ subject, expected, actual: actual ?? 'none' });
}
