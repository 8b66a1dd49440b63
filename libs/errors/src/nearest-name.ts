import { distance } from 'fastest-levenshtein';

/**
 * The known name that a misspelt one most likely means: fewest edits (Levenshtein), case aside, and no more than two fifths of
 * its letters; undefined where nothing is that close. The first of equally near ones.
 */
export function nearestName(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Infinity;
  for (const name of known) {
    const edits = distance(word.toLowerCase(), name.toLowerCase());
    if (edits < fewest && edits <= Math.max(1, 0.4 * Math.max(word.length, name.length)))
      [best, fewest] = [name, edits];
  }
  return best;
}
