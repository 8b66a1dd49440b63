import type { ErrorDocument } from '@medlego/errors';

export const runKinds = ['training', 'merging', 'evaluation'] as const;
export type RunKind = (typeof runKinds)[number];

export const runStates = ['requested', 'queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type RunState = (typeof runStates)[number];

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Unknown numbers are null. */
export interface RunProgress {
  /** From 0 to 1; never goes back within an attempt. */
  readonly fraction: number;
  readonly etaSeconds: number | null;
  readonly imagesPerSecond: number | null;
  readonly lastLoss: number | null;
  /** Digest of the newest checkpoint; a later attempt resumes from it. */
  readonly checkpoint: string | null;
  /** For people: `epoch 3 of 10`. */
  readonly message: string;
}

/** One execution of training, merging or evaluation, as the registry keeps it. */
export interface Run {
  readonly id: string;
  readonly kind: RunKind;
  readonly state: RunState;
  readonly requestId: string;
  /** What the result is called, or is about. */
  readonly name: string;
  /** Id of the sweep that it belongs to. */
  readonly sweep: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** How often it was started. */
  readonly attempts: number;
  readonly progress: RunProgress;
  /** Digest of what it made, once it has succeeded. */
  readonly artifact: string | null;
  /** Why it failed. */
  readonly error: ErrorDocument | null;
  /** Why somebody wants it to stop; null while nobody does. */
  readonly cancelReason: string | null;
  /** ISO 8601 in UTC. */
  readonly created: string;
  readonly updated: string;
  /** What it was submitted with; its kind's own schema checks it. */
  readonly spec: Json;
  /** W3C trace context of whoever submitted it first: what follows from the run is in that trace. */
  readonly traceparent?: string;
}

/** A run as it was at a revision of the registry. */
export type RunAt = Run & { readonly revision: number };

export const noProgress: RunProgress = {
  fraction: 0,
  etaSeconds: null,
  imagesPerSecond: null,
  lastLoss: null,
  checkpoint: null,
  message: '',
};

export const isFinal = (state: RunState): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'cancelled';
