import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';

export interface ChildResult {
  /** Lines of its output that are JSON objects. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** Highest resident memory, null where the system does not tell (not Linux). */
  readonly peakMb: number | null;
}

const pollMs = 100;

/** Runs a command, reads its JSON lines, and watches its memory. @throws Error with the end of its error output if it fails */
export async function runChild(command: string, args: readonly string[], cwd: string): Promise<ChildResult> {
  const child = spawn(command, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  let output = '';
  let errors = '';
  let peakMb: number | null = null;
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-4000)));
  const watch = setInterval(() => {
    void highWater(child.pid!).then((mb) => (peakMb = mb ?? peakMb));
  }, pollMs);
  try {
    const code = await new Promise<number | null>((resolve, reject) =>
      child.once('error', reject).once('close', resolve),
    );
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with code ${code}: ${errors}`);
  } finally {
    clearInterval(watch);
  }
  const lines = output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { lines, peakMb };
}

async function highWater(pid: number): Promise<number | null> {
  try {
    const match = /VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'));
    return match ? Math.round(Number(match[1]) / 1024) : null;
  } catch {
    return null; // the process is gone, or this is not Linux
  }
}
