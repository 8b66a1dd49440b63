import { AppError } from '../app-error.ts';

/** An aborted signal, where nothing more exact is known: Ctrl-C, SIGTERM, a caller that went away. Not a failure. */
export class AbortedError extends AppError {
  readonly code = 'aborted';
  readonly kind = 'stopped';
  readonly facts: { readonly what: string };
  constructor(facts: AbortedError['facts'], options?: { cause?: unknown }) {
    super(`${facts.what} was stopped before its end.`, options);
    this.facts = facts;
  }
}

export class DeadlineExceededError extends AppError {
  readonly code = 'deadline_exceeded';
  readonly kind = 'unavailable';
  readonly facts: { readonly what: string; readonly timeoutMs: number };
  constructor(facts: DeadlineExceededError['facts']) {
    super(`${facts.what} took longer than ${facts.timeoutMs} ms.`);
    this.facts = facts;
  }
}
