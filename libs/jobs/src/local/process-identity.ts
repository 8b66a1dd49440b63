import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { isSystemError } from '@medlego/errors';

/**
 * Whether the process is alive and is the one that was started for `folder`, which its command line names. Process ids are
 * used again, so a number alone says nothing after a restart.
 */
export async function isProcessOf(pid: number, folder: string): Promise<boolean> {
  return (await commandLine(pid)).includes(folder);
}

async function commandLine(pid: number): Promise<string[]> {
  if (process.platform === 'linux') return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0'); // gone: no file, or an empty one
  const { stdout } = await promisify(execFile)('ps', ['-o', 'args=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.trim().split(' ');
}

/** Sends a signal to a process group; says whether there was one. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    if (isSystemError(error) && (error.code === 'ESRCH' || error.code === 'EPERM')) return false;
    throw error;
  }
}

/**
 * Ends what a job left behind after its first process is gone. Only processes whose session began with that process are
 * touched; while one lives, the system gives its number to nobody else.
 */
export async function killOrphans(leader: number): Promise<void> {
  if (process.platform !== 'linux') return; // no cheap way to ask for a session's members
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/u.test(entry) || Number(entry) === leader) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    // After "pid (name)" come: state, parent, group, session. The name may hold anything.
    const session = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3];
    if (Number(session) !== leader) continue;
    try {
      process.kill(Number(entry), 'SIGKILL');
    } catch (error) {
      if (!isSystemError(error)) throw error; // ended in between
    }
  }
}
