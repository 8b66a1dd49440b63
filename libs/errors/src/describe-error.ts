/**
 * An error for people and logs: its message, and below it, indented, what caused it. Messages that repeat the one above are
 * left out, and so are stacks: ask for `error.stack` where those are wanted.
 */
export function describeError(error: unknown): string {
  return linesOf(error, new Set()).join('\n');
}

function linesOf(error: unknown, seen: Set<unknown>): string[] {
  if (seen.has(error)) return [];
  seen.add(error);
  if (!(error instanceof Error)) return [String(error)];
  const causes = [
    ...(error instanceof AggregateError ? (error.errors as unknown[]) : []),
    ...(error.cause === undefined ? [] : [error.cause]),
  ];
  const below = causes
    .map((cause) => linesOf(cause, seen))
    .filter(([first]) => first !== undefined && first !== error.message)
    .flatMap(([first, ...rest]) => [`because: ${first!}`, ...rest]);
  return [error.message, ...below.map((line) => `  ${line}`)];
}
