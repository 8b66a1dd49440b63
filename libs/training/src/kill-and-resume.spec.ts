import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '@medlego/errors';

/** Each test starts processes from cold, several after one another; on a machine that is busy elsewhere that takes long. */
const timeout = 240_000;

const script = fileURLToPath(new URL('./testing/train-child.ts', import.meta.url));

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'medlego-kill-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Runs the training process; `onLine` may kill it. */
async function train(folder: string, onLine: (line: string, child: ChildProcess) => void = () => {}) {
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal })),
  );
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout! })) {
    lines.push(line);
    onLine(line, child);
  }
  return { lines, last: lines.at(-1), ...(await ended) };
}

describe('training in a process of its own', () => {
  let uninterrupted: string | undefined;
  beforeAll(async () => {
    const whole = await train(join(root, 'whole'));
    expect(whole.code).toBe(0);
    uninterrupted = whole.last;
    expect(uninterrupted).toMatch(/^digest sha256:[0-9a-f]{64} updates 30 best 6$/);
  }, timeout);

  it('ends with the same bytes after kill -9 in the middle of two epochs', { timeout }, async () => {
    const folder = join(root, 'killed');
    for (const at of ['step 2 3', 'step 4 1']) {
      const killed = await train(folder, (line, child) => line === at && child.kill('SIGKILL'));
      expect(killed.signal).toBe('SIGKILL');
      expect(killed.lines).not.toContainEqual(expect.stringMatching(/^digest/));
    }
    const resumed = await train(folder);
    expect(resumed.lines[0]).toMatch(/^resumed [345]/);
    expect(resumed.last).toBe(uninterrupted);
  });

  it(
    'SIGTERM ends the step, leaves a checkpoint and exits with the code that asks for a restart',
    { timeout },
    async () => {
      const folder = join(root, 'stopped');
      const stopped = await train(folder, (line, child) => line === 'step 3 2' && child.kill('SIGTERM'));
      expect(stopped.code).toBe(exitCodes.stopped);
      expect(stopped.last).toMatch(/^error Stopped in epoch \d after step \d\. Run the same command again/);
      expect((await stat(join(folder, 'checkpoint.safetensors'))).size).toBeGreaterThan(1000);
      expect((await train(folder)).last).toBe(uninterrupted);
    },
  );
});
