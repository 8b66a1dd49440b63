import { spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';

export interface ChildOutcome {
  /** Exit code; null if a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Child {
  /** Resolves with the text so far once standard output matches; rejects if the process ends before. */
  waitFor(pattern: RegExp): Promise<string>;
  /** Sends a signal (default: the one that nothing can catch) and waits until the process is gone. */
  kill(signal?: NodeJS.Signals): Promise<ChildOutcome>;
  /** Writes to its standard input. */
  write(text: string): void;
  readonly ended: Promise<ChildOutcome>;
}

export interface StartNodeOptions {
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Runs a script (or `['-e', code]`) under this test's own Node; killed when the test ends, if it is still there. */
export function startNode(args: readonly string[], { env, cwd }: StartNodeOptions = {}): Child {
  // Not the runner's own settings: its loaders and workers mean nothing to the child.
  const { NODE_OPTIONS: _options, VITEST: _vitest, ...inherited } = process.env;
  const child = spawn(process.execPath, [...args], { cwd, env: { ...inherited, ...env } });
  let stdout = '';
  let stderr = '';
  const checks = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const check of checks) check();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => {}); // a pipe to a process that has ended; `ended` tells of that
  const ended = new Promise<ChildOutcome>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  ended.catch(() => {}); // whoever awaits it sees the error
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended.catch(() => {});
  });
  return {
    ended,
    waitFor: (pattern) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (!pattern.test(stdout)) return;
          checks.delete(check);
          resolve(stdout);
        };
        checks.add(check);
        check();
        ended.then(({ code, signal }) => {
          if (checks.delete(check))
            reject(
              new Error(`The process ended (${code ?? signal}) before it printed ${pattern}.\n${stdout}\n${stderr}`),
            );
        }, reject);
      }),
    async kill(signal = 'SIGKILL') {
      child.kill(signal);
      return ended;
    },
    write: (text) => void child.stdin.write(text),
  };
}
