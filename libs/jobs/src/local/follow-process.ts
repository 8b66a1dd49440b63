import { isProcessOf, killOrphans, signalGroup } from './process-identity.ts';
import { readExitCode } from './launch.ts';

const pollMs = 200;

/**
 * Waits for the first process of an attempt and gives the exit code that it noted; undefined if it was killed before it could.
 * Nothing of the job is left running then.
 *
 * @param ended known if the process is our child; else it is asked for again and again
 * @param signal ends the waiting (not the process); the result is then undefined
 */
export async function followProcess(
  pid: number,
  folder: string,
  ended: Promise<void> | undefined,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (ended) await Promise.race([ended, whenAborted(signal)]);
  else while (!signal.aborted && (await isProcessOf(pid, folder))) await pause(signal);
  if (signal.aborted) return undefined;
  // Our child's number has just become free, so its group can only be what it left behind.
  if (ended) signalGroup(pid, 'SIGKILL');
  else await killOrphans(pid);
  return readExitCode(folder);
}

const whenAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

const pause = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, pollMs);
    timer.unref();
    signal.addEventListener('abort', done, { once: true });
  });
