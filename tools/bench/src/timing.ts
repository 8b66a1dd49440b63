export interface Timing {
  /** Runs before the clock starts. */
  readonly warmUps: number;
  readonly seconds: number;
  readonly leastRuns: number;
}

export async function warmUp(runs: number, run: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < runs; i++) await run();
}

/** Runs per second over whole runs, as the peers count. */
export async function rateOf(run: () => Promise<unknown>, { warmUps, seconds, leastRuns }: Timing): Promise<number> {
  await warmUp(warmUps, run);
  const start = performance.now();
  let runs = 0;
  while (runs < leastRuns || performance.now() - start < seconds * 1e3) {
    await run();
    runs++;
  }
  return (runs * 1e3) / (performance.now() - start);
}

/** Median milliseconds of one run. */
export async function medianMs(run: () => Promise<unknown>, { warmUps, seconds, leastRuns }: Timing): Promise<number> {
  await warmUp(warmUps, run);
  const times: number[] = [];
  const end = performance.now() + seconds * 1e3;
  while (times.length < leastRuns || performance.now() < end) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return median(times);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
