import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log, V1Pod } from '@kubernetes/client-node';
import type { LogLine, LogOptions } from '../job-runner.ts';
import { statusOf, toClusterError } from './api-error.ts';
import { createdAt, isLive } from './job-status.ts';
import { containerName } from './names.ts';

export interface PodLogOptions {
  readonly log: Log;
  readonly namespace: string;
  /** The pods of the task as they are known now. */
  readonly pods: () => readonly V1Pod[];
  readonly hasEnded: () => boolean;
  readonly options: LogOptions;
}

/** The logs of a task's pods one after another, numbered as one. What a removed pod said is gone. */
export async function* readPodLogs({ log, namespace, pods, hasEnded, options }: PodLogOptions): AsyncIterable<LogLine> {
  const { afterLine = 0, follow = false, signal } = options;
  const read = new Set<string>();
  let line = 0;
  while (!signal?.aborted) {
    const ended = hasEnded();
    const next = pods()
      .filter((pod) => !read.has(pod.metadata?.name ?? '') && pod.status?.phase !== 'Pending')
      .toSorted((a, b) => createdAt(a) - createdAt(b))[0];
    if (next) {
      const name = next.metadata?.name ?? '';
      read.add(name);
      for await (const text of linesOf(log, namespace, name, follow && isLive(next), signal))
        if (++line > afterLine) yield { line, text };
    } else if (!follow || ended) return;
    else await sleep(200, undefined, { signal }).catch(() => {}); // the loop's condition ends it
  }
}

async function* linesOf(log: Log, namespace: string, pod: string, follow: boolean, signal: AbortSignal | undefined) {
  const stream = new PassThrough();
  let request: AbortController;
  try {
    request = await log.log(namespace, pod, containerName, stream, { follow });
  } catch (error) {
    if (statusOf(error) === 404) return; // removed in between
    throw toClusterError(error, `reading the log of the pod ${pod}`);
  }
  const stop = () => {
    request.abort();
    stream.end();
  };
  stream.on('error', () => {}); // an abort; what came before it has been read
  signal?.addEventListener('abort', stop, { once: true });
  try {
    for await (const text of createInterface({ input: stream, crlfDelay: Infinity })) {
      yield text.slice(0, 65_536);
      if (signal?.aborted) return;
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
}
