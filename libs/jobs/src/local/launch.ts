import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '@medlego/errors';

/**
 * The first process of every job: a shell that notes its own id and the exit code of the program in the attempt's folder.
 * Nobody else can: a runner that was started again is not the parent of what the former one started. Whoever creates `pid`
 * first has the attempt, so a runner that finds none can take the attempt back from a shell that has not begun.
 * Traps (unlike ignored signals) are not passed on to the program, so it gets SIGTERM as if it were alone.
 */
const keeper = `
set -C
folder=$1; shift
{ echo $$ > "$folder/pid"; } 2>/dev/null || exit 0
set +C
trap : TERM INT HUP
"$@"
code=$?
echo $code > "$folder/exit.new" && mv "$folder/exit.new" "$folder/exit"
`;

export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Of this attempt alone; empty, absolute. */
  readonly folder: string;
  readonly logFile: string;
}

/** Starts a program in a process group of its own. Resolves when the system has started it; `ended` resolves when its first process has. */
export async function launch(options: Launch): Promise<{ readonly pid: number; readonly ended: Promise<void> }> {
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  const log = openSync(options.logFile, 'a', 0o600);
  try {
    const child = spawn('/bin/sh', ['-c', keeper, 'medlego-job', options.folder, options.file, ...options.args], {
      detached: true,
      env: options.env,
      stdio: ['ignore', log, log],
      ...(options.cwd !== undefined && { cwd: options.cwd }),
    });
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref(); // a job does not keep the runner's process alive
    return { pid: child.pid!, ended };
  } finally {
    closeSync(log);
  }
}

/** The noted exit code; undefined if the first process did not live to note it. */
export const readExitCode = (folder: string): Promise<number | undefined> => readNumber(join(folder, 'exit'));

/** The process id of a begun attempt. Where none has begun, takes the attempt back, so that it never will. */
export async function claimOrFind(folder: string): Promise<number | undefined> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(join(folder, 'pid'), 'withdrawn\n', { flag: 'wx' });
    return undefined;
  } catch (error) {
    if (!isSystemError(error) || error.code !== 'EEXIST') throw error;
  }
  for (let tries = 0; tries < 50; tries++) {
    const pid = await readNumber(join(folder, 'pid'));
    if (pid !== undefined) return pid;
    await new Promise((resolve) => setTimeout(resolve, 10)); // created, not yet written
  }
  return undefined;
}

async function readNumber(path: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isSystemError(error) && error.code === 'ENOENT') return '';
    throw error;
  });
  return /^\d+\n$/u.test(text) ? Number(text) : undefined;
}
