import { execFile } from 'node:child_process';
import { join } from 'node:path';

export const root: string = join(import.meta.dirname, '..', '..', '..');
export const launcher: string = join(root, 'apps/cli/bin/medlego.mjs');

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command line as a user would, in a process of its own. */
export function medlego(home: string, ...args: string[]): Promise<Answer> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [launcher, ...args],
      { cwd: root, env: { ...process.env, MEDLEGO_HOME: home }, maxBuffer: 1 << 28 },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr }),
    );
  });
}

/** Runs with --json and parses the one document; fails loudly on a non-zero exit code. */
export async function medlegoJson<T>(home: string, ...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await medlego(home, ...args, '--json');
  if (code !== 0) throw new Error(`medlego ${args.join(' ')}: exit code ${code}\n${stdout}\n${stderr}`);
  return JSON.parse(stdout) as T;
}
