import type { ErrorDocument } from '@medlego/errors';

/** What an evaluation Job says of itself, as lines of its log among others. */
export type JobSaying =
  | { readonly progress: { readonly fraction: number; readonly message: string } }
  | { readonly artifact: string }
  /** It would fail so again. */
  | { readonly error: ErrorDocument };

const mark = 'evaluation: ';

export const toLine = (saying: JobSaying): string => mark + JSON.stringify(saying);

/** Undefined for a line that says nothing to us. */
export function parseLine(line: string): JobSaying | undefined {
  if (!line.startsWith(mark)) return undefined;
  try {
    return JSON.parse(line.slice(mark.length)) as JobSaying;
  } catch {
    return undefined; // a line that was cut off
  }
}
