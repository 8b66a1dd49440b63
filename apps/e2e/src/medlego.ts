import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { workspaceRoot } from '@medlego/testing';

/** Runs the command line as a user does, with --json, and gives its document. @throws Error with all that it said, unless it ends with 0 */
export function medlego<T>(home: string, ...args: string[]): Promise<T> {
  const root = workspaceRoot();
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [join(root, 'apps/cli/bin/medlego.mjs'), ...args, '--json'],
      { cwd: root, env: { ...process.env, MEDLEGO_HOME: home }, maxBuffer: 1 << 26 },
      (error, stdout, stderr) =>
        error
          ? reject(new Error(`medlego ${args.join(' ')}: ${error.code}\n${stdout}\n${stderr}`))
          : resolve(JSON.parse(stdout) as T),
    );
  });
}
