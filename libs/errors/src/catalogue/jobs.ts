import { AppError } from '../app-error.ts';

export class JobNotFoundError extends AppError {
  readonly code = 'job_not_found';
  readonly kind = 'not_found';
  readonly facts: { readonly name: string };
  constructor(facts: JobNotFoundError['facts']) {
    super(`${facts.name}: no such job. It was never submitted, or was removed after it had ended.`);
    this.facts = facts;
  }
}

/** The queue is at its limit; jobs that end make room. */
export class JobQueueFullError extends AppError {
  readonly code = 'job_queue_full';
  readonly kind = 'exhausted';
  readonly facts: { readonly name: string; readonly limit: number };
  constructor(facts: JobQueueFullError['facts']) {
    super(`${facts.name}: not taken, ${facts.limit} tasks may wait at most. Try again when some have ended.`);
    this.facts = facts;
  }
}

/** The runner is shutting down and takes no more jobs. */
export class JobRunnerClosedError extends AppError {
  readonly code = 'job_runner_closed';
  readonly kind = 'unavailable';
  readonly facts: { readonly name: string };
  constructor(facts: JobRunnerClosedError['facts']) {
    super(`${facts.name}: not taken, the job runner is closing. Try again.`);
    this.facts = facts;
  }
}

/** The Kubernetes API server cannot be reached, or is too busy. It is tried again. */
export class ClusterUnavailableError extends AppError {
  readonly code = 'cluster_unavailable';
  readonly kind = 'unavailable';
  readonly facts: { readonly operation: string; readonly reason: string };
  constructor(facts: ClusterUnavailableError['facts'], options?: { cause?: unknown }) {
    super(`Kubernetes: ${facts.operation} failed (${facts.reason}). It can be tried again.`, options);
    this.facts = facts;
  }
}

/** The API server answered, and refused: a right that is missing, a quota, or an object that breaks a policy. */
export class ClusterRefusedError extends AppError {
  readonly code = 'cluster_refused';
  readonly kind = 'unsupported';
  readonly facts: { readonly operation: string; readonly status: number; readonly reason: string };
  constructor(facts: ClusterRefusedError['facts'], options?: { cause?: unknown }) {
    super(`Kubernetes refused ${facts.operation} (${facts.status}): ${facts.reason}.`, options);
    this.facts = facts;
  }
}

/** The Job of a run is over, and the run has no result. */
export class JobEndedError extends AppError {
  readonly code = 'job_ended';
  readonly kind = 'unavailable';
  readonly facts: { readonly run: string; readonly reason: string; readonly exitCode: number | null };
  constructor(facts: JobEndedError['facts']) {
    super(`${facts.run}: its job gave no result: ${facts.reason}. Its log may say more.`);
    this.facts = facts;
  }
}
