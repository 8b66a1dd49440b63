import { retry } from '@medlego/async';
import { type Progress, type ReportRunRequest, type Run, RunState, TrainingDefinition } from '@medlego/contracts/rpc';
import { AppError, type ErrorDocument } from '@medlego/errors';
import type { RpcConnection } from '@medlego/rpc';
import type { Stop, StopCause } from './stop.ts';

type Change = NonNullable<ReportRunRequest['change']>;

/** Tells the services how one attempt of a run is, and stops the Job when their answers say so. */
export interface Reporter {
  /** Waits for services that are away. @throws what they refuse */
  started(): Promise<void>;
  /** Merged into what was said before and sent at most once per `everyMs`; services that are away miss it. */
  progress(news: Partial<Progress>): void;
  /** Sends what waits, now. */
  flush(): Promise<void>;
  succeeded(artifact: string): Promise<void>;
  failed(error: ErrorDocument): Promise<void>;
  /** Does not wait for services that are away: the time until the end by force is short. */
  preempted(): Promise<void>;
  /** Sends nothing more. */
  close(): void;
}

export interface ReporterOptions {
  readonly rpc: RpcConnection;
  readonly id: string;
  readonly attempt: number;
  readonly stop: Stop;
  readonly everyMs: number;
  readonly log: (line: string) => void;
}

/** What a run tells one of its attempts; null: go on. */
export function stopCauseOf({ state, attempts, cancelRequested }: Run, attempt: number): StopCause | null {
  if (isFinalState(state)) return 'ended';
  if (cancelRequested) return 'cancelled';
  return attempts > attempt ? 'superseded' : null;
}

export const isFinalState = (state: RunState): boolean =>
  state === RunState.RUN_STATE_SUCCEEDED ||
  state === RunState.RUN_STATE_FAILED ||
  state === RunState.RUN_STATE_CANCELLED;

/** Calls until the services answer, for about a quarter of an hour. @throws what they refuse; AbortedError with the signal */
export const patiently = <T>(call: () => Promise<T>, signal: AbortSignal, log: (line: string) => void): Promise<T> =>
  retry(call, {
    attempts: 100,
    baseDelayMs: 500,
    maxDelayMs: 10_000,
    signal,
    onRetry: ({ attempt, error }) => attempt === 1 && log(`Waiting for the services: ${describe(error)}`),
  });

/** For logs. */
export const describe = (error: unknown): string =>
  error instanceof AppError ? `${error.code}: ${error.message}` : String((error as Error)?.stack ?? error);

export function createReporter({ rpc, id, attempt, stop, everyMs, log }: ReporterOptions): Reporter {
  const training = rpc.client(TrainingDefinition);
  let latest: Progress = { fraction: 0, message: '' };
  let isNew = false;
  let sending: Promise<void> | null = null;
  let sentAt = -Infinity;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const send = async (change: Change): Promise<void> => {
    const { run } = await training.reportRun({ id, attempt, change });
    const cause = stopCauseOf(run!, attempt);
    if (cause !== null) stop.request(cause);
  };
  const sendProgress = async (): Promise<void> => {
    isNew = false;
    sentAt = performance.now();
    try {
      await send({ $case: 'progress', value: latest });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.code === 'run_transition')
        stop.request('superseded'); // it is not this attempt that the run waits for
      else log(`Progress was not reported: ${error.message}`);
    }
  };
  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    await sending;
    if (!isNew || isClosed) return;
    sending = sendProgress().finally(() => (sending = null));
    await sending;
    schedule();
  };
  const schedule = () => {
    if (timer || sending || !isNew || isClosed) return;
    const wait = Math.max(0, sentAt + everyMs - performance.now());
    timer = setTimeout(() => void flush().catch((error: unknown) => log(describe(error))), wait);
    timer.unref();
  };

  return {
    started: () => patiently(() => send({ $case: 'started', value: {} }), stop.signal, log),
    progress(news) {
      latest = { ...latest, ...news };
      isNew = true;
      schedule();
    },
    flush,
    succeeded: (artifact) => patiently(() => send({ $case: 'succeeded', value: { artifact } }), stop.signal, log),
    failed: ({ code, message, facts }) =>
      patiently(
        () => send({ $case: 'failed', value: { code, message, factsJson: JSON.stringify(facts) } }),
        stop.signal,
        log,
      ),
    preempted: () => send({ $case: 'preempted', value: { checkpoint: latest.checkpoint ?? '' } }),
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
