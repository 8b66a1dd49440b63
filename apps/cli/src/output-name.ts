import { InvalidValueError } from '@medlego/errors';

/**
 * The name of a changed artifact: what the user says, else the name of the one that was changed, which so gets a new version.
 * @throws InvalidValueError where neither is there, or for text that is no name
 */
export async function outputName(output: string | undefined, ref: string): Promise<string> {
  const { assertName, parseRef } = await import('@medlego/artifacts');
  const name = output ?? parseRef(ref).name;
  if (name === undefined)
    throw new InvalidValueError({ field: '--output', expected: 'a name, since a digest has none', actual: 'none' });
  assertName(name); // before work is done for it
  return name;
}
