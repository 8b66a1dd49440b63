import { AppError } from '../app-error.ts';

/** A request for a model or version that this server does not serve. */
export class ModelNotServedError extends AppError {
  readonly code = 'model_not_served';
  readonly kind = 'not_found';
  readonly facts: { readonly model: string; readonly served: readonly string[]; readonly nearest?: string };
  constructor(facts: ModelNotServedError['facts']) {
    super(
      `${facts.model}: no such model here.${facts.nearest ? ` Did you mean ${facts.nearest}?` : ''} Served: ${facts.served.join(', ') || 'nothing'}.`,
    );
    this.facts = facts;
  }
}

/** The model is known but cannot answer now: it loads, failed to load, or was unloaded. */
export class ModelNotReadyError extends AppError {
  readonly code = 'model_not_ready';
  readonly kind = 'unavailable';
  readonly facts: { readonly model: string; readonly reason: string };
  constructor(facts: ModelNotReadyError['facts']) {
    super(`${facts.model} is not ready: ${facts.reason}.`);
    this.facts = facts;
  }
}

/** As many images wait as may wait. Answers in the queue make room. */
export class ServingQueueFullError extends AppError {
  readonly code = 'serving_queue_full';
  readonly kind = 'exhausted';
  readonly facts: { readonly limit: string; readonly retryAfterMs: number };
  constructor(facts: ServingQueueFullError['facts']) {
    super(`The queue is full (${facts.limit}). Try again in ${facts.retryAfterMs} ms.`);
    this.facts = facts;
  }
}

/** The server finishes what it has and takes nothing new. */
export class ServerDrainingError extends AppError {
  readonly code = 'server_draining';
  readonly kind = 'unavailable';
  readonly facts: { readonly waiting: number };
  constructor(facts: ServerDrainingError['facts']) {
    super(`The server is shutting down, ${facts.waiting} images still wait for their answer. Ask another one.`);
    this.facts = facts;
  }
}

/** The thread that computes has ended; the server has to be started again. */
export class ComputeThreadError extends AppError {
  readonly code = 'compute_thread';
  readonly kind = 'unavailable';
  readonly facts: { readonly reason: string };
  constructor(facts: ComputeThreadError['facts'], options?: { cause?: unknown }) {
    super(`The computing thread failed: ${facts.reason}.`, options);
    this.facts = facts;
  }
}

/** No token, or one that does not carry the scope. */
export class ScopeRequiredError extends AppError {
  readonly code = 'scope_required';
  readonly kind = 'unsupported';
  readonly facts: { readonly scope: string };
  constructor(facts: ScopeRequiredError['facts']) {
    super(`This needs a token with the scope ${facts.scope}.`);
    this.facts = facts;
  }
}
