import type { Ask } from './clients.ts';

/** Runs per second with `parallel` of them under way at any time. */
export async function saturate(ask: Ask, parallel: number, seconds: number): Promise<number> {
  const start = performance.now();
  let runs = 0;
  const worker = async () => {
    while (performance.now() - start < seconds * 1e3) {
      await ask();
      runs++;
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return (runs * 1e3) / (performance.now() - start);
}

/**
 * Milliseconds of each run when runs begin at a steady rate, however long the ones before take: the wait that a busy server causes
 * is part of its latency.
 */
export async function atRate(ask: Ask, perSecond: number, seconds: number): Promise<number[]> {
  const start = performance.now();
  const times: number[] = [];
  const running: Promise<void>[] = [];
  for (let i = 0; i < perSecond * seconds; i++) {
    const due = start + (i * 1e3) / perSecond;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    running.push(ask().then(() => void times.push(performance.now() - due)));
  }
  await Promise.all(running);
  return times;
}

export function percentile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}
