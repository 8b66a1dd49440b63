import { createHash } from 'node:crypto';
import { type Split, type SplitName } from '../dataset.ts';

/** One image of a data set. */
export interface Row {
  readonly split: SplitName;
  readonly row: number;
  /** Its labels, joined by commas. */
  readonly label: string;
}

/** SHA-256 over size and pixels of one image of a split, 64 hex digits. */
export function imageHash(split: Split, row: number): string {
  const pixels = split.height * split.width * split.channels;
  return createHash('sha256')
    .update(`${split.height}x${split.width}x${split.channels}\n`)
    .update(split.images.subarray(row * pixels, (row + 1) * pixels))
    .digest('hex');
}

/** Sets of two or more equal images, each in the order of splits and rows. */
export function groupDuplicates(splits: readonly (readonly [SplitName, Split])[]): Row[][] {
  const groups = new Map<string, Row[]>();
  for (const [name, split] of splits)
    for (let row = 0; row < split.count; row++) {
      const label = split.labels.subarray(row * split.labelWidth, (row + 1) * split.labelWidth).join(',');
      const member = { split: name, row, label };
      const hash = imageHash(split, row);
      const group = groups.get(hash);
      if (group) group.push(member);
      else groups.set(hash, [member]);
    }
  return [...groups.values()].filter((group) => group.length > 1);
}
