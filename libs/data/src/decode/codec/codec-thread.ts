import { Worker } from 'node:worker_threads';
import { type CodecReply, type CompressedFrame, type DecompressedFrame } from './messages.ts';

/** Longest that one frame may take. */
const limitMs = 30_000;

let thread: Worker | undefined;
let last: Promise<unknown> = Promise.resolve();

function started(): Worker {
  if (thread) return thread;
  // What the codecs print is no output of ours, and stays unread: reading would keep the process alive.
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { stdout: true, stderr: true });
  worker.unref();
  worker.on('error', () => undefined); // whoever waits is told by `exit`, which follows
  worker.once('exit', () => {
    if (thread === worker) thread = undefined;
  });
  return (thread = worker);
}

/**
 * Decompresses one frame in a thread that all callers share, one frame at a time. A thread that ends or takes longer than
 * half a minute is replaced.
 *
 * @throws Error in the codec's words
 */
export function decompress(frame: CompressedFrame): Promise<DecompressedFrame> {
  const mine = last.then(() => ask(frame));
  last = mine.catch(() => undefined);
  return mine;
}

async function ask(frame: CompressedFrame): Promise<DecompressedFrame> {
  const worker = started();
  worker.ref();
  const { promise, resolve, reject } = Promise.withResolvers<CodecReply>();
  const ended = () => reject(new Error('the codec ended'));
  const timer = setTimeout(() => {
    reject(new Error(`the codec took longer than ${limitMs / 1000} s`));
    void worker.terminate();
  }, limitMs);
  worker.once('message', resolve).once('exit', ended);
  worker.postMessage(frame);
  try {
    const reply = await promise;
    if (!reply.ok) throw new Error(reply.reason);
    return reply.frame;
  } finally {
    clearTimeout(timer);
    worker.off('message', resolve).off('exit', ended).unref();
  }
}
