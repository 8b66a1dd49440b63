import { AppError, type ErrorKind } from '@medlego/errors';

/** An AppError of the other side: the same code, kind, facts and message. Branch on `code`, as for every AppError. */
export class RemoteError extends AppError {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly facts: Readonly<Record<string, unknown>>;
  constructor(error: Pick<AppError, 'code' | 'kind' | 'facts' | 'message'>, options?: { cause?: unknown }) {
    super(error.message, options);
    this.code = error.code;
    this.kind = error.kind;
    this.facts = error.facts;
  }
}
