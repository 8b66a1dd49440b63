import { readFile, stat } from 'node:fs/promises';
import { FileFormatError, toAppError } from '@medlego/errors';

/** Configurations are small; a file beyond this is something else. */
const maxBytes = 16 * 1024 * 1024;

/** A JSON file as it stands. @throws FileNotFoundError, AccessDeniedError, FileFormatError (no JSON, or above 16 MiB) */
export async function readJson(path: string, what: string): Promise<unknown> {
  try {
    const { size } = await stat(path);
    if (size > maxBytes)
      throw new FileFormatError({ file: path, expected: `${what} of at most 16 MiB`, actual: `${size} bytes` });
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new FileFormatError(
        { file: path, expected: `${what} in JSON`, actual: error.message.slice(0, 100) },
        { cause: error },
      );
    throw toAppError(error, { path, what });
  }
}
