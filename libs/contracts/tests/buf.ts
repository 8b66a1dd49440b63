import { execFile } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { workspaceRoot } from '@medlego/testing';

export const contractsFolder = fileURLToPath(new URL('..', import.meta.url));

/** Runs buf as npm installed it; gives its exit code and what it printed. */
export async function buf(args: readonly string[], cwd = contractsFolder): Promise<{ code: number; output: string }> {
  const programs = [join(workspaceRoot(), 'node_modules', '.bin'), dirname(process.execPath)];
  const env = { ...process.env, PATH: [...programs, process.env['PATH']].join(delimiter) };
  try {
    const { stdout, stderr } = await promisify(execFile)('buf', args, { cwd, env });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}
