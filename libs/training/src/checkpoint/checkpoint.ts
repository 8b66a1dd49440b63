import type { HostTensor, NamedTensors } from '@medlego/tensors';

/** Where a run stands. Random numbers are addressed by (seed, epoch, step), so this is all that a resume must know of them. */
export interface Position {
  /** Epoch of the next step, from 1. */
  readonly epoch: number;
  /** Next step within the epoch, from 0. */
  readonly step: number;
  /** Optimizer updates done so far. */
  readonly updates: number;
}

/** Validation metrics by name (`loss`, `acc`, `auc`); a metric that does not exist for the split is null. */
export type EpochMetrics = Readonly<Record<string, number | null>>;

export interface EpochRecord {
  /** 0 is the start, before any step. */
  readonly epoch: number;
  /** Means over the epoch's batches; null for epoch 0. */
  readonly trainLoss: number | null;
  readonly penalty: number | null;
  readonly val: EpochMetrics;
}

/** Everything that a run needs to go on as if it had never stopped. */
export interface Checkpoint {
  /** Identifies what must agree between the run that wrote it and the one that reads it. */
  readonly fingerprint: Readonly<Record<string, string>>;
  /** Where it was computed: engine, threads, versions. Another place may round differently, which a resume says and allows. */
  readonly environment: Readonly<Record<string, string>>;
  readonly position: Position;
  /** No step follows: all epochs are done, or patience is lost. */
  readonly isFinished: boolean;
  /** Optimizer state by name, the flat parameters (`parameters`) among it. */
  readonly state: NamedTensors;
  /** Epoch and flat parameters of the best candidate so far. */
  readonly best: { readonly epoch: number; readonly parameters: HostTensor<'float32'> } | null;
  readonly history: readonly EpochRecord[];
  /** Sums over the steps of the running epoch, for its report. */
  readonly running: { readonly steps: number; readonly loss: number; readonly penalty: number };
}
