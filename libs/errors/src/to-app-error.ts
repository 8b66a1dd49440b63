import { AppError } from './app-error.ts';
import { AccessDeniedError, DiskFullError, FileAccessError, FileNotFoundError } from './catalogue/files.ts';
import { InvalidValueError } from './catalogue/tensors.ts';

/** What was being done when the file system refused: `path` as the user wrote it, `what` in words ("checkpoint"). */
export interface FileOperation {
  readonly path: string;
  readonly what: string;
}

/**
 * The typed form of a failed file operation. An AppError and an error without an operating-system code (a bug) come back
 * as they are, so `throw toAppError(error, ...)` is safe in every `catch` around file access.
 */
export function toAppError(error: unknown, { path, what }: FileOperation): unknown {
  if (error instanceof AppError || !isSystemError(error)) return error;
  const options = { cause: error };
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new FileNotFoundError({ path, what }, options);
    case 'ENOSPC':
    case 'EDQUOT':
      return new DiskFullError({ path, what }, options);
    case 'EACCES':
    case 'EPERM':
      return new AccessDeniedError({ path, what, reason: 'no permission' }, options);
    case 'EROFS':
      return new AccessDeniedError({ path, what, reason: 'the file system is read-only' }, options);
    case 'EEXIST':
    case 'ENOTEMPTY':
      return new InvalidValueError(
        { field: path, expected: `room for a new ${what}`, actual: 'something else of that name' },
        options,
      );
    case 'EISDIR':
      return new InvalidValueError({ field: path, expected: `a file (${what})`, actual: 'a folder' }, options);
    case 'ENAMETOOLONG':
      return new InvalidValueError(
        { field: path, expected: 'a shorter path', actual: `${path.length} characters` },
        options,
      );
    default:
      return new FileAccessError({ path, what, reason: error.code }, options);
  }
}

/** True for errors that the operating system gave a code to (`ENOENT`, `ENOSPC`, ...). */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && 'syscall' in error && typeof (error as NodeJS.ErrnoException).code === 'string';
}
