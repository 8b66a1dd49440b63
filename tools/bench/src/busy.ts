import { readFile } from 'node:fs/promises';

/** Linux counts CPU time in hundredths of a second, whatever its kernel was built with. */
const ticksPerSecond = 100;

/** Seconds that all cores together have worked since the machine started; null where the system does not tell (not Linux). */
export async function machineSeconds(): Promise<number | null> {
  const fields = await numbers('/proc/stat', (text) => text.split('\n')[0]!.trim().split(/\s+/).slice(1, 9));
  if (!fields) return null;
  const [user, nice, system, , , irq, softIrq, steal] = fields as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return (user + nice + system + irq + softIrq + steal) / ticksPerSecond;
}

/** Seconds of CPU time of a process and of the children that it has waited for; null if it is gone. */
export async function processSeconds(pid: number): Promise<number | null> {
  // The second field is the program's name in brackets, which may hold spaces.
  const fields = await numbers(`/proc/${pid}/stat`, (text) =>
    text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 15),
  );
  return fields && fields.reduce((sum, ticks) => sum + ticks, 0) / ticksPerSecond;
}

/** Waits until others use less than `cores`, for at most `patienceMs`. */
export async function waitForQuiet(cores: number, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline) {
    const before = await machineSeconds();
    await new Promise((resolve) => setTimeout(resolve, lookMs));
    const after = await machineSeconds();
    if (before === null || after === null || ((after - before) * 1e3) / lookMs < cores) return;
  }
}

const lookMs = 3000;

async function numbers(path: string, pick: (text: string) => string[]): Promise<number[] | null> {
  try {
    return pick(await readFile(path, 'utf8')).map(Number);
  } catch {
    return null; // the process is gone, or this is not Linux
  }
}
