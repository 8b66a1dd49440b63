import { readFile, rm, writeFile } from 'node:fs/promises';
import { FileAccessError, isSystemError } from '@medlego/errors';

/**
 * Takes a lock that is a file with our process id in it; gives how to release it. A lock of a process that is no more is
 * taken over.
 * @throws FileAccessError while another process holds it
 */
export async function lockFile(path: string): Promise<() => Promise<void>> {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' });
      return () => rm(path, { force: true });
    } catch (error) {
      if (!isSystemError(error) || error.code !== 'EEXIST') throw error;
    }
    const holder = Number(await readFile(path, 'utf8').catch(() => ''));
    if (holder === process.pid || isAlive(holder))
      throw new FileAccessError({ path, what: 'a journal', reason: `process ${holder} is using it` });
    await rm(path, { force: true });
  }
  throw new FileAccessError({ path, what: 'a journal', reason: 'other processes are opening it' });
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isSystemError(error) && error.code === 'EPERM';
  }
}
