import { AppError } from '../app-error.ts';

/** Training left the finite numbers. Running the same settings again does the same, so the caller must change something. */
export class NonFiniteLossError extends AppError {
  readonly code = 'non_finite_loss';
  readonly kind = 'bad_input';
  readonly facts: {
    readonly epoch: number;
    readonly step: number;
    readonly loss: string;
    readonly gradientNorm: string;
    readonly learningRate: number;
  };
  constructor(facts: NonFiniteLossError['facts']) {
    super(
      `Training diverged in epoch ${facts.epoch}, step ${facts.step}: expected a finite loss and gradient, got loss ${facts.loss}, ` +
        `gradient norm ${facts.gradientNorm} at learning rate ${facts.learningRate}. ` +
        'Lower the learning rate, add warm-up or gradient clipping, or check the images for extreme values.',
    );
    this.facts = facts;
  }
}

/** Stopped on request after a whole step. The same command goes on from the checkpoint. */
export class StoppedError extends AppError {
  readonly code = 'stopped';
  readonly kind = 'stopped';
  readonly facts: { readonly epoch: number; readonly step: number; readonly checkpoint: string | null };
  constructor(facts: StoppedError['facts']) {
    super(
      `Stopped in epoch ${facts.epoch} after step ${facts.step}. ` +
        (facts.checkpoint
          ? `Run the same command again to go on from ${facts.checkpoint}.`
          : 'No checkpoint folder was given, so a new run starts from the beginning.'),
    );
    this.facts = facts;
  }
}

/** A checkpoint folder holds a run with other settings, data or backbone. */
export class CheckpointMismatchError extends AppError {
  readonly code = 'checkpoint_mismatch';
  readonly kind = 'conflict';
  readonly facts: { readonly file: string; readonly differences: readonly string[] };
  constructor(facts: CheckpointMismatchError['facts']) {
    super(
      `${facts.file} belongs to another run: ${facts.differences.join('; ')}. ` +
        "Repeat that run's settings to resume it, or give this run another checkpoint folder.",
    );
    this.facts = facts;
  }
}

/** Neither the newest checkpoint nor the one before it can be read. */
export class CheckpointCorruptError extends AppError {
  readonly code = 'checkpoint_corrupt';
  readonly kind = 'corrupt';
  readonly facts: { readonly folder: string; readonly reasons: readonly string[] };
  constructor(facts: CheckpointCorruptError['facts'], options?: { cause?: unknown }) {
    super(
      `${facts.folder}: no checkpoint can be read (${facts.reasons.join('; ')}). Remove the folder to start this run from the beginning.`,
      options,
    );
    this.facts = facts;
  }
}
