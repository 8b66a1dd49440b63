/** Counters of one model since it was first served, and the last minute's latencies. */
export class ModelStatistics {
  success = 0;
  failure = 0;
  /** Images answered. */
  inferences = 0;
  /** Batches that held at least one of its images. */
  executions = 0;
  requestMs = 0;
  queueMs = 0;
  computeMs = 0;
  readonly #recent: { readonly at: number; readonly ms: number }[] = [];
  readonly #batches: { readonly at: number; readonly size: number }[] = [];

  answered(at: number, ms: number, ok: boolean): void {
    if (ok) this.success++;
    else this.failure++;
    this.requestMs += ms;
    keepMinute(this.#recent, { at, ms }, at);
  }

  computed(at: number, rows: number, batch: number, queueMs: number, computeMs: number): void {
    this.inferences += rows;
    this.executions++;
    this.queueMs += queueMs;
    this.computeMs += computeMs;
    keepMinute(this.#batches, { at, size: batch }, at);
  }

  /** Of the last minute; null without requests in it. */
  latency(now: number): { readonly p50: number; readonly p95: number; readonly p99: number } | null {
    const sorted = this.#recent
      .filter(({ at }) => now - at < 60_000)
      .map(({ ms }) => ms)
      .sort((a, b) => a - b);
    if (sorted.length === 0) return null;
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
  }

  meanBatch(now: number): number | null {
    const recent = this.#batches.filter(({ at }) => now - at < 60_000);
    return recent.length === 0 ? null : recent.reduce((sum, { size }) => sum + size, 0) / recent.length;
  }
}

const kept = 4096;

/** Bounded: of a busy minute the newest entries stand for the whole. */
function keepMinute<Entry extends { readonly at: number }>(entries: Entry[], entry: Entry, now: number): void {
  entries.push(entry);
  if (entries.length > kept || now - entries[0]!.at > 60_000) entries.shift();
}
