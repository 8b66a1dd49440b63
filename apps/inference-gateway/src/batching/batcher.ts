import type { Clock } from '@medlego/async';
import { DeadlineExceededError, ServerDrainingError, ServingQueueFullError } from '@medlego/errors';
import { BatchQueue, type QueueLimits } from './batch-queue.ts';

export interface BatcherOptions<Row, Answer> extends QueueLimits {
  readonly clock: Clock;
  /** Computes one batch, all of one group. Answers in the order of the rows. */
  readonly compute: (rows: readonly Row[]) => Promise<readonly Answer[]>;
  readonly onBatch?: (rows: readonly Row[], queuedMs: readonly number[], computeMs: number) => void;
}

export interface Submission<Row> {
  readonly rows: readonly Row[];
  readonly group: string;
  readonly model: string;
  readonly bytesPerRow: number;
  readonly priority: number;
  readonly timeoutMs: number;
  /** Aborted: rows that still wait are taken out. */
  readonly signal?: AbortSignal;
}

interface Waiting<Row, Answer> {
  readonly row: Row;
  readonly request: symbol;
  readonly timeoutMs: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** One batch at a time through `compute`, chosen by a `BatchQueue`. */
export class Batcher<Row, Answer> {
  readonly #options: BatcherOptions<Row, Answer>;
  readonly #queue: BatchQueue<Waiting<Row, Answer>>;
  #computing = false;
  #draining = false;
  #lastMs = 0;
  #wake: AbortController | undefined;
  #idle: (() => void)[] = [];

  constructor(options: BatcherOptions<Row, Answer>) {
    this.#options = options;
    this.#queue = new BatchQueue(options);
  }

  get queued(): number {
    return this.#queue.size;
  }

  queuedOf(model: string): number {
    return this.#queue.sizeOf(model);
  }

  /**
   * Answers of all rows, in their order.
   * @throws ServingQueueFullError, ServerDrainingError, DeadlineExceededError (not computed), the signal's reason, what `compute` throws
   */
  async submit(submission: Submission<Row>): Promise<Answer[]> {
    if (this.#draining) throw new ServerDrainingError({ waiting: this.queued });
    const { rows, signal, timeoutMs, bytesPerRow: bytes, group, model, priority } = submission;
    signal?.throwIfAborted();
    const now = this.#options.clock.now();
    const request = Symbol('request');
    const waiting = rows.map((row) => {
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      return { promise, work: { row, request, timeoutMs, resolve, reject } };
    });
    const full = this.#queue.push(
      waiting.map(({ work }) => ({ work, group, model, bytes, priority, since: now, deadline: now + timeoutMs })),
    );
    if (full !== undefined) throw new ServingQueueFullError({ limit: full, retryAfterMs: this.#retryAfterMs() });
    const cancel = (error: unknown) => {
      for (const { work } of this.#queue.cancel((row) => row.work.request === request)) work.reject(error);
    };
    const onAbort = () => cancel(signal!.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#pump();
    try {
      return await Promise.all(waiting.map(({ promise }) => promise));
    } catch (error) {
      cancel(error); // the other rows of a request that has failed need no answer
      throw error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Takes nothing new and resolves when everything that waits has its answer. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#pump();
    if (this.#queue.size > 0 || this.#computing) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** What a full queue takes to empty, as far as the last batch tells. */
  #retryAfterMs(): number {
    return Math.max(100, Math.ceil((this.#queue.size / this.#options.maxBatch) * this.#lastMs));
  }

  #pump(): void {
    if (this.#computing) return;
    const { clock } = this.#options;
    const now = clock.now();
    for (const { work } of this.#queue.expire(now))
      work.reject(new DeadlineExceededError({ what: 'Waiting for a batch', timeoutMs: work.timeoutMs }));
    const batch = this.#queue.take(this.#draining ? Infinity : now);
    if (batch.length > 0) {
      void this.#run(
        batch.map(({ work }) => work),
        batch.map(({ since }) => now - since),
      );
      return;
    }
    this.#wake?.abort();
    this.#wake = undefined;
    const due = this.#queue.nextDue();
    if (due === undefined) {
      for (const resolve of this.#idle.splice(0)) resolve();
      return;
    }
    const wake = (this.#wake = new AbortController());
    clock.sleep(Math.max(0, due - now), wake.signal).then(
      () => this.#pump(),
      () => undefined, // a newer alarm is set
    );
  }

  async #run(batch: readonly Waiting<Row, Answer>[], queuedMs: readonly number[]): Promise<void> {
    const { clock, compute, onBatch } = this.#options;
    this.#computing = true;
    const start = clock.now();
    const rows = batch.map(({ row }) => row);
    try {
      const answers = await compute(rows);
      batch.forEach(({ resolve }, i) => resolve(answers[i]!));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    this.#lastMs = clock.now() - start;
    onBatch?.(rows, queuedMs, this.#lastMs);
    this.#computing = false;
    this.#pump();
  }
}
