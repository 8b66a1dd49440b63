import { spawn, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { workspaceRoot } from './shared-folder.ts';

/** Path of a real server's program: on PATH, in the project's cache, or fetched into it. Throws saying what to install. */
export function serverProgram(name: 'nats-server' | 'weed'): string {
  const script = join(workspaceRoot(), 'tools', 'scripts', 'servers.mjs');
  return execFileSync(process.execPath, [script, name], { encoding: 'utf8', stdio: 'pipe' }).trim();
}

/**
 * Whether a server's program is there or could be fetched; false, with a warning on the console that says what was tried, where not.
 * Meant for `describe.skipIf(!hasServer('nats-server'))`.
 */
export function hasServer(name: 'nats-server' | 'weed'): boolean {
  try {
    serverProgram(name);
    return true;
  } catch (error) {
    // eslint-disable-next-line no-console -- skipped tests have to be seen in the test run's output
    console.warn(`SKIPPED: tests that need a real ${name}. ${String((error as { stderr?: unknown }).stderr ?? error)}`);
    return false;
  }
}

export interface ServerProcess {
  /** Everything that it wrote so far. */
  output(): string;
  /** Sends a signal and waits until the process is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Rejects if the process ends before its output matches. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Starts a server. Whoever starts it kills it, in an `afterAll` or `onTestFinished`; it ends with this process at the latest. */
export function startServer(program: string, args: readonly string[]): ServerProcess {
  const child = spawn(program, [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const checks = new Set<() => void>();
  const collect = (text: string) => {
    output += text;
    for (const check of checks) check();
  };
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', collect);
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
  ended.catch(() => {}); // `waitFor` and `kill` tell
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    child.kill(signal);
    await ended;
  };
  const killAtExit = () => child.kill('SIGKILL');
  process.once('exit', killAtExit);
  ended.finally(() => process.off('exit', killAtExit)).catch(() => {});
  return {
    kill,
    output: () => output,
    waitFor: (pattern) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const match = pattern.exec(output);
          if (!match) return;
          checks.delete(check);
          resolve(match);
        };
        checks.add(check);
        check();
        ended.then(() => {
          if (checks.delete(check)) reject(new Error(`${program} ended before it printed ${pattern}.\n${output}`));
        }, reject);
      }),
  };
}
