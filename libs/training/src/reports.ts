import type { EpochMetrics } from './checkpoint/checkpoint.ts';

/** One optimizer update. */
export interface StepReport {
  readonly type: 'step';
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Step within the epoch, from 1. */
  readonly step: number;
  readonly stepsPerEpoch: number;
  readonly loss: number;
  readonly taskLoss: number;
  readonly penalty: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
  /** Images that were trained on in a second, over the last steps. */
  readonly imagesPerSecond: number;
  /** Until the last epoch, if no early stop comes before. */
  readonly etaSeconds: number;
}

/** End of an epoch, after its look at validation. Epoch 0 is the start, before any step. */
export interface EpochReport {
  readonly type: 'epoch';
  readonly epoch: number;
  readonly epochs: number;
  /** Mean over the epoch's steps; null for epoch 0. */
  readonly trainLoss: number | null;
  readonly penalty: number | null;
  readonly val: EpochMetrics;
  /** Whether this is the best candidate so far. */
  readonly isBest: boolean;
}

/** The head solved on the plain backbone's features. */
export interface ProbeReport {
  readonly type: 'probe';
  readonly task: string;
  readonly l2: number;
  readonly val: EpochMetrics;
  readonly test: EpochMetrics | null;
  readonly seconds: number;
}

export interface CheckpointReport {
  readonly type: 'checkpoint';
  readonly file: string;
  readonly epoch: number;
  readonly step: number;
}

/** The run goes on from a checkpoint. */
export interface ResumedReport {
  readonly type: 'resumed';
  readonly file: string;
  readonly epoch: number;
  readonly step: number;
}

export interface WarningReport {
  readonly type: 'warning';
  readonly message: string;
}

export type TrainingReport = StepReport | EpochReport | ProbeReport | CheckpointReport | ResumedReport | WarningReport;

/**
 * Runs an asynchronous generator to its end and gives what it returns.
 * @param onReport sees every report in order; the run waits for it
 */
export async function finish<R, T>(
  run: AsyncGenerator<R, T>,
  onReport?: (report: R) => void | Promise<void>,
): Promise<T> {
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value;
    await onReport?.(next.value);
  }
}
