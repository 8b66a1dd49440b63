/** One image that waits for its turn. */
export interface QueuedRow<Work> {
  readonly work: Work;
  /** Rows of one group can share a batch: same backbone. */
  readonly group: string;
  /** Whose row it is, for fair shares. */
  readonly model: string;
  readonly bytes: number;
  /** 0 goes first. */
  readonly priority: number;
  /** Milliseconds of the clock when it came, and after which nobody wants the answer. */
  readonly since: number;
  readonly deadline: number;
}

export interface QueueLimits {
  readonly maxRows: number;
  readonly maxBytes: number;
  /** Rows in one batch. */
  readonly maxBatch: number;
  /** How long the oldest row waits for company, in milliseconds. */
  readonly maxDelayMs: number;
}

/**
 * Which rows go next, and when. Pure: time comes in as numbers. Lower priority numbers first; within a priority the models of a
 * group take turns row by row, and each model's rows keep their order.
 */
export class BatchQueue<Work> {
  readonly #limits: QueueLimits;
  #rows: QueuedRow<Work>[] = [];
  #bytes = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#rows.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  sizeOf(model: string): number {
    return this.#rows.reduce((count, row) => count + (row.model === model ? 1 : 0), 0);
  }

  /** Takes all rows of a request, or none. @returns the limit that stands in the way, in words; undefined when taken */
  push(rows: readonly QueuedRow<Work>[]): string | undefined {
    const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
    const { maxRows, maxBytes } = this.#limits;
    if (this.#rows.length + rows.length > maxRows) return `${maxRows} images`;
    if (this.#bytes + bytes > maxBytes) return `${maxBytes} bytes`;
    this.#rows.push(...rows);
    this.#bytes += bytes;
    return undefined;
  }

  /** Takes out what has passed its deadline. */
  expire(now: number): QueuedRow<Work>[] {
    return this.#remove((row) => row.deadline <= now);
  }

  /** Takes out rows that nobody waits for any more. */
  cancel(matches: (row: QueuedRow<Work>) => boolean): QueuedRow<Work>[] {
    return this.#remove(matches);
  }

  /** When `take` or `expire` will have something to do, if nothing else comes; undefined when empty. */
  nextDue(): number | undefined {
    if (this.#rows.length === 0) return undefined;
    return this.#rows.reduce(
      (due, { since, deadline }) => Math.min(due, since + this.#limits.maxDelayMs, deadline),
      Infinity,
    );
  }

  /** The next batch, all of one group; empty while rows may still wait for company. */
  take(now: number): QueuedRow<Work>[] {
    const { maxBatch, maxDelayMs } = this.#limits;
    const groups = Map.groupBy(this.#rows, (row) => row.group);
    const due = [...groups.values()].filter(
      (rows) => rows.length >= maxBatch || rows.some((row) => now - row.since >= maxDelayMs),
    );
    const first = due.sort((a, b) => urgency(a) - urgency(b) || oldest(a) - oldest(b))[0];
    if (!first) return [];
    const chosen = new Set(inTurns(first).slice(0, maxBatch));
    const batch = [...chosen];
    this.#remove((row) => chosen.has(row));
    return batch;
  }

  #remove(matches: (row: QueuedRow<Work>) => boolean): QueuedRow<Work>[] {
    const out: QueuedRow<Work>[] = [];
    this.#rows = this.#rows.filter((row) => {
      if (!matches(row)) return true;
      out.push(row);
      this.#bytes -= row.bytes;
      return false;
    });
    return out;
  }
}

const urgency = (rows: readonly { readonly priority: number }[]) =>
  rows.reduce((least, row) => Math.min(least, row.priority), Infinity);

const oldest = (rows: readonly { readonly since: number }[]) =>
  rows.reduce((least, row) => Math.min(least, row.since), Infinity);

/** By priority; within one, the nth row of every model before the n + 1st of any. */
function inTurns<Row extends { readonly priority: number; readonly model: string }>(rows: readonly Row[]): Row[] {
  const seen = new Map<string, number>();
  return rows
    .map((row) => {
      const key = `${row.priority} ${row.model}`;
      const turn = seen.get(key) ?? 0;
      seen.set(key, turn + 1);
      return { row, turn };
    })
    .sort((a, b) => a.row.priority - b.row.priority || a.turn - b.turn)
    .map(({ row }) => row);
}
