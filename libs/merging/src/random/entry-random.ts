import { type ModuleContext } from '../merge-method.ts';
import { hashText } from './content-key.ts';
import { randomWords, threefry } from './threefry.ts';

/**
 * One 32-bit random word per entry of a member's delta in one module, in the order of the matrix's data (column after
 * column). A pure function of the seed, of what the member holds in the module, of the module's name and of the entry's
 * place: neither the member's name nor the company it is in matters. Two members with equal content get equal numbers.
 */
export function entryRandom(
  seed: number,
  context: Pick<ModuleContext, 'module' | 'contentKey'>,
  member: number,
  length: number,
): Uint32Array {
  const key = threefry(
    [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0],
    [context.contentKey(member), hashText(context.module)],
  );
  return randomWords(key, length);
}
