import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { machineSeconds, processSeconds } from './busy.ts';

export interface ChildResult {
  /** Lines of its output that are JSON objects. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** Highest resident memory, null where the system does not tell (not Linux). */
  readonly peakMb: number | null;
  /** Cores that other processes used meanwhile, null where the system does not tell. */
  readonly others: number | null;
}

const pollMs = 100;

/** Runs a command, reads its JSON lines, and watches its memory. @throws Error with the end of its error output if it fails */
export async function runChild(
  command: string,
  args: readonly string[],
  { cwd, env = process.env }: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): Promise<ChildResult> {
  const start = performance.now();
  const busyBefore = await machineSeconds();
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  let peakMb: number | null = null;
  let ownSeconds = 0;
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-4000)));
  const watch = setInterval(() => {
    void highWater(child.pid!).then((mb) => (peakMb = mb ?? peakMb));
    void processSeconds(child.pid!).then((seconds) => (ownSeconds = seconds ?? ownSeconds));
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
  const busyAfter = await machineSeconds();
  const others =
    busyBefore === null || busyAfter === null
      ? null
      : Math.max(0, ((busyAfter - busyBefore - ownSeconds) * 1e3) / (performance.now() - start));
  return { lines, peakMb, others };
}

async function highWater(pid: number): Promise<number | null> {
  try {
    const match = /VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'));
    return match ? Math.round(Number(match[1]) / 1024) : null;
  } catch {
    return null; // the process is gone, or this is not Linux
  }
}
