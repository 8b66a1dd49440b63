import { type PrivateReply, type PrivateRequest } from './messages.ts';

let worker: Worker | undefined;

/** Answers about an image in this browser: one request at a time, in a worker that keeps the model. @throws Error in words for the user */
export function askPrivately(request: PrivateRequest): Promise<PrivateReply & { ok: true }> {
  worker ??= new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const current = worker;
  return new Promise((resolve, reject) => {
    current.onmessage = ({ data }: MessageEvent<PrivateReply>) =>
      data.ok ? resolve(data) : reject(new Error(data.message));
    current.onerror = () => {
      worker = undefined;
      current.terminate();
      reject(new Error('The worker that runs the model could not be started.'));
    };
    current.postMessage(request);
  });
}
