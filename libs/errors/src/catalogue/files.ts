import { AppError } from '../app-error.ts';

export class FileNotFoundError extends AppError {
  readonly code = 'file_not_found';
  readonly kind = 'not_found';
  readonly facts: { readonly path: string; readonly what: string };
  constructor(facts: FileNotFoundError['facts'], options?: { cause?: unknown }) {
    super(`${facts.path}: ${facts.what} is not there.`, options);
    this.facts = facts;
  }
}

/** A folder or file that this process may not read or write, including everything on a read-only file system. */
export class AccessDeniedError extends AppError {
  readonly code = 'access_denied';
  readonly kind = 'bad_input';
  readonly facts: { readonly path: string; readonly what: string; readonly reason: string };
  constructor(facts: AccessDeniedError['facts'], options?: { cause?: unknown }) {
    super(`${facts.path}: no access to ${facts.what} (${facts.reason}). Check owner and mode.`, options);
    this.facts = facts;
  }
}

/** No space, no quota or no inodes left where something was to be written. What was there before is untouched. */
export class DiskFullError extends AppError {
  readonly code = 'disk_full';
  readonly kind = 'exhausted';
  readonly facts: { readonly path: string; readonly what: string };
  constructor(facts: DiskFullError['facts'], options?: { cause?: unknown }) {
    super(
      `${facts.path}: no space left to write ${facts.what}; nothing was changed. Free some space and run it again.`,
      options,
    );
    this.facts = facts;
  }
}

/** Any other failure of the file system: a disk that answers with an error, too many open files. */
export class FileAccessError extends AppError {
  readonly code = 'file_access';
  readonly kind = 'unavailable';
  readonly facts: { readonly path: string; readonly what: string; readonly reason: string };
  constructor(facts: FileAccessError['facts'], options?: { cause?: unknown }) {
    super(`${facts.path}: ${facts.what} could not be read or written (${facts.reason}).`, options);
    this.facts = facts;
  }
}
