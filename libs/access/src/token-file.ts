import { open, readFile, rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileFormatError, InvalidValueError, toAppError } from '@medlego/errors';
import { writeFileAtomic } from '@medlego/tensors';
import { z } from 'zod';
import { createToken, tokenId, type NewToken, type TokenRequest } from './create-token.ts';
import { scopes } from './scope.ts';

const tokenEntry = z
  .strictObject({
    subject: z.string().min(1).max(200),
    scopes: z.array(z.enum(scopes)).min(1),
    /** Of the token; the token itself is kept by nobody but its holder. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits'),
    expires: z.iso.datetime({ offset: true }).optional(),
  })
  .readonly();
const tokenFile = z.strictObject({ tokens: z.array(tokenEntry) });

/** What a token file keeps of one token. */
export type TokenEntry = z.infer<typeof tokenEntry>;

const what = 'the list of tokens';

/** @throws FileNotFoundError and other errors of files; FileFormatError naming the first field that is wrong */
export async function readTokenFile(file: string): Promise<readonly TokenEntry[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw toAppError(error, { path: file, what });
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new FileFormatError({ file, expected: 'JSON', actual: 'something else' }, { cause });
  }
  const parsed = tokenFile.safeParse(document);
  if (parsed.success) return parsed.data.tokens;
  const { path, message } = parsed.error.issues[0]!;
  throw new FileFormatError({
    file,
    expected: '{ "tokens": [{ subject, scopes, sha256, expires? }] }',
    actual: `at ${path.join('.') || 'the top'}: ${message}`,
  });
}

/** Creates a token and keeps its hash in the file, which is made (readable by its owner only) if it is not there. */
export async function addToken(file: string, request: TokenRequest): Promise<NewToken> {
  const created = createToken(request);
  await change(file, (tokens) => [...tokens, created.entry]);
  return created;
}

/**
 * Ends tokens at once. @returns what was removed
 * @param name id of a token, or a subject: then all that it holds
 * @throws InvalidValueError when there is none
 */
export async function removeToken(file: string, name: string): Promise<readonly TokenEntry[]> {
  const isNamed = (entry: TokenEntry): boolean => tokenId(entry) === name || entry.subject === name;
  let removed: readonly TokenEntry[] = [];
  await change(file, (tokens) => {
    removed = tokens.filter(isNamed);
    if (removed.length > 0) return tokens.filter((entry) => !isNamed(entry));
    const known = tokens.map((entry) => `${tokenId(entry)} (${entry.subject})`).join(', ');
    throw new InvalidValueError({ field: 'token', expected: known || 'nothing: there are no tokens', actual: name });
  });
  return removed;
}

async function change(file: string, edit: (tokens: readonly TokenEntry[]) => readonly TokenEntry[]): Promise<void> {
  const unlock = await lock(`${file}.lock`);
  try {
    const there = await stat(file).then(
      () => true,
      (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
    );
    const tokens = edit(there ? await readTokenFile(file) : []);
    await writeFileAtomic(file, `${JSON.stringify({ tokens }, null, 2)}\n`, { what, mode: 0o600 });
  } finally {
    await unlock();
  }
}

const staleMs = 10_000;

/** So that two commands at once do not lose each other's change. A lock that its owner died with is broken after ten seconds. */
async function lock(path: string): Promise<() => Promise<void>> {
  for (;;) {
    try {
      await (await open(path, 'wx', 0o600)).close();
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw toAppError(error, { path, what });
      const age = await stat(path).then(
        ({ mtimeMs }) => Date.now() - mtimeMs,
        () => 0, // just released
      );
      if (age > staleMs) await rm(path, { force: true });
      else await sleep(20);
    }
  }
}
