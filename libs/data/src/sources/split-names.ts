import { type SplitName } from '../dataset.ts';

/** Words by which folders and lists call the splits. */
const words: Readonly<Record<string, SplitName>> = {
  train: 'train',
  training: 'train',
  val: 'val',
  valid: 'val',
  validation: 'val',
  test: 'test',
  testing: 'test',
};

/** The split that a folder or list entry means, or undefined. */
export const splitOfName = (name: string): SplitName | undefined => {
  const word = name.trim().toLowerCase();
  return Object.hasOwn(words, word) ? words[word] : undefined;
};
