import { createInterface } from 'node:readline';
import { PassThrough, type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log, V1Pod } from '@kubernetes/client-node';
import type { LogLine, LogOptions } from '../job-runner.ts';
import type { KeptLog } from '../log-archive.ts';
import { statusOf, toClusterError } from './api-error.ts';
import { createdAt, isLive } from './job-status.ts';
import { containerName } from './names.ts';

export interface PodLogOptions {
  readonly log: Log;
  readonly namespace: string;
  /** The pods of the task as they are known now. */
  readonly pods: () => readonly V1Pod[];
  /** What was kept of pods that are gone. */
  readonly kept: () => Promise<readonly KeptLog[]>;
  readonly hasEnded: () => boolean;
  readonly options: LogOptions;
}

/** The logs of a task's pods one after another, numbered as one; those of pods that are gone come out of the archive. */
export async function* readPodLogs({
  log,
  namespace,
  pods,
  kept,
  hasEnded,
  options,
}: PodLogOptions): AsyncIterable<LogLine> {
  const { afterLine = 0, follow = false, signal } = options;
  const read = new Set<string>();
  let line = 0;
  const keptLines = async function* (present: ReadonlySet<string>) {
    for (const { pod, dropped, lines } of await kept()) {
      if (read.has(pod) || present.has(pod)) continue;
      read.add(pod);
      line += dropped;
      for (const text of lines) if (++line > afterLine) yield { line, text };
    }
  };
  while (!signal?.aborted) {
    const ended = hasEnded();
    const known = pods().filter((pod) => pod.status?.phase !== 'Pending');
    yield* keptLines(new Set(known.map((pod) => pod.metadata?.name ?? '')));
    const next = known
      .filter((pod) => !read.has(pod.metadata?.name ?? ''))
      .toSorted((a, b) => createdAt(a) - createdAt(b))[0];
    if (next) {
      const name = next.metadata?.name ?? '';
      const lines = linesOfPod({ log, namespace, pod: name, follow: follow && isLive(next), signal });
      let isThere = false;
      for await (const text of lines) {
        isThere = true;
        if (++line > afterLine) yield { line, text };
      }
      if (!isThere) yield* keptLines(new Set()); // it was removed in between
      read.add(name);
    } else if (!follow || ended) return;
    else await sleep(200, undefined, { signal }).catch(() => {}); // the loop's condition ends it
  }
}

export interface PodLinesOptions {
  readonly log: Log;
  readonly namespace: string;
  readonly pod: string;
  readonly follow: boolean;
  readonly signal?: AbortSignal;
}

/** The lines of one pod; none for one that was removed. @throws ClusterUnavailableError also where the connection breaks */
export async function* linesOfPod({ log, namespace, pod, follow, signal }: PodLinesOptions): AsyncIterable<string> {
  const stream = new PassThrough();
  let failure: unknown;
  // The client pipes the answer and leaves its errors, an abort among them, to nobody: they would end the process.
  stream.on('pipe', (source: Readable) =>
    source.on('error', (error) => {
      failure = error;
      stream.end();
    }),
  );
  let request: AbortController;
  try {
    request = await log.log(namespace, pod, containerName, stream, { follow });
  } catch (error) {
    if (statusOf(error) === 404) return; // removed in between
    throw toClusterError(error, `reading the log of the pod ${pod}`);
  }
  let stopped = false;
  const stop = () => {
    stopped = true;
    request.abort();
    stream.end();
  };
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted) stop();
  try {
    for await (const text of createInterface({ input: stream, crlfDelay: Infinity })) {
      yield text.slice(0, 65_536);
      if (signal?.aborted) return;
    }
    if (failure && !stopped) throw toClusterError(failure, `reading the log of the pod ${pod}`);
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
}
