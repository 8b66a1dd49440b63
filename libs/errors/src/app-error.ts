/** What went wrong, coarsely: decides the process exit code, the RPC status and whether a retry makes sense. */
export type ErrorKind =
  | 'bad_input' // the caller must change something
  | 'not_found'
  | 'conflict'
  | 'unsupported' // valid, but not implemented or not available here
  | 'corrupt' // stored or transferred bytes are not what they should be
  | 'exhausted' // disk, memory, queue
  | 'unavailable' // try again later
  | 'stopped'; // interrupted on purpose, can be resumed

export interface ErrorDocument {
  readonly code: string;
  readonly message: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/**
 * Base of every expected failure. Branch on `code`, never on message text.
 * A subclass sets a stable `code`, its `kind` and the `facts` that the message was made of.
 */
export abstract class AppError extends Error {
  abstract readonly code: string;
  abstract readonly kind: ErrorKind;
  abstract readonly facts: Readonly<Record<string, unknown>>;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }

  /** The public form: no stack, no cause. */
  toJSON(): ErrorDocument {
    return { code: this.code, message: this.message, facts: this.facts };
  }
}

/** A broken assumption of our own code. Not an AppError: it may end the process. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Internal error: ${message}. Please report this.`);
}
