import { open } from 'node:fs/promises';
import { isSystemError, toAppError } from '@medlego/errors';
import type { LogLine, LogOptions } from '../job-runner.ts';

const chunkBytes = 65_536;
const maxLineBytes = 65_536;
const pollMs = 100;

/**
 * The lines of a file that may still grow. Memory is one chunk and one line, whatever the file's size.
 *
 * @param hasEnded asked before each read of the end: once it was true and nothing came after it, a follower ends
 */
export async function* readLogLines(
  path: string,
  { afterLine = 0, follow = false, signal }: LogOptions,
  hasEnded: () => boolean,
): AsyncIterable<LogLine> {
  const handle = await openWhenThere(path, follow, hasEnded, signal);
  if (!handle) return;
  try {
    const buffer = Buffer.alloc(chunkBytes);
    let rest = Buffer.alloc(0);
    let position = 0;
    let line = 0;
    while (!signal?.aborted) {
      const ended = hasEnded();
      const { bytesRead } = await handle.read(buffer, 0, chunkBytes, position);
      position += bytesRead;
      if (bytesRead === 0) {
        if (follow && !ended) {
          await pause(signal);
          continue;
        }
        if (rest.length > 0 && ++line > afterLine) yield { line, text: rest.toString('utf8') };
        return;
      }
      let from = 0;
      for (let end = buffer.indexOf(10); end >= 0 && end < bytesRead; end = buffer.indexOf(10, from)) {
        const text = Buffer.concat([rest, buffer.subarray(from, end)]).subarray(0, maxLineBytes);
        rest = Buffer.alloc(0);
        from = end + 1;
        if (++line > afterLine) yield { line, text: text.toString('utf8') };
        if (signal?.aborted) return;
      }
      if (rest.length < maxLineBytes) rest = Buffer.concat([rest, buffer.subarray(from, bytesRead)]);
    }
  } catch (error) {
    throw toAppError(error, { path, what: "a job's log" });
  } finally {
    await handle.close();
  }
}

async function openWhenThere(path: string, follow: boolean, hasEnded: () => boolean, signal?: AbortSignal) {
  while (!signal?.aborted) {
    const ended = hasEnded();
    try {
      return await open(path, 'r');
    } catch (error) {
      if (!isSystemError(error) || error.code !== 'ENOENT') throw toAppError(error, { path, what: "a job's log" });
      if (!follow || ended) return undefined; // nothing was started, so nothing was said
    }
    await pause(signal);
  }
  return undefined;
}

/** Polling, because file notifications are lost on network file systems and differ between systems. */
const pause = (signal?: AbortSignal) =>
  new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, pollMs);
    signal?.addEventListener('abort', done, { once: true });
  });
