/**
 * Yields what work tells of its progress, the newest at most every `everyMs`, and returns its result.
 * @param work gets the callback to tell it
 */
export async function* reportProgress<Progress, Result>(
  everyMs: number,
  work: (tell: (progress: Progress) => void) => Promise<Result>,
): AsyncGenerator<Progress, Result> {
  let newest: Progress | undefined;
  const result = work((progress) => {
    newest = progress;
  });
  for (;;) {
    let timer: NodeJS.Timeout | undefined;
    const pause = new Promise<'pause'>((resolve) => {
      timer = setTimeout(resolve, everyMs, 'pause');
    });
    try {
      const first = await Promise.race([result.then(() => 'result' as const), pause]);
      if (first === 'result') return await result;
    } finally {
      clearTimeout(timer);
    }
    if (newest !== undefined) yield newest;
    newest = undefined;
  }
}
