import { readdir, readFile } from 'node:fs/promises';

/** Jobs outlive the service that started them, so they are found by what they were given: an environment that names the site's folder. */
export const jobProcesses = (folder: string): Promise<number[]> => processesOf(folder, 'job');

/** The programs of the site that were started with this command. */
export async function processesOf(folder: string, wanted: 'job' | 'serve'): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/u.test(entry) || Number(entry) === process.pid) continue;
    const read = (file: string) => readFile(`/proc/${entry}/${file}`, 'utf8').catch(() => ''); // ended meanwhile
    const [program, , command] = (await read('cmdline')).split('\0');
    if (!program?.endsWith('node') || command !== wanted) continue;
    if ((await read('environ')).split('\0').some((line) => line.startsWith(`MEDLEGO_HOME=${folder}`)))
      found.push(Number(entry));
  }
  return found;
}

/** False if the process has ended already. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false; // it ended between the look and the signal
  }
}

export async function killJobs(folder: string): Promise<void> {
  for (const pid of await jobProcesses(folder)) sendSignal(pid, 'SIGKILL');
}
