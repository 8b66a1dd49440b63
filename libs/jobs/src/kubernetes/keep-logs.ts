import type { Log, V1Pod } from '@kubernetes/client-node';
import { LogTail, type LogArchive } from '../log-archive.ts';
import { createdAt, indexOfPod } from './job-status.ts';
import { jobNameLabel } from './names.ts';
import { linesOfPod } from './pod-logs.ts';

export interface LogKeeperOptions {
  readonly archive: LogArchive;
  readonly log: Log;
  readonly namespace: string;
  readonly signal: AbortSignal;
  readonly onProblem: (error: unknown) => void;
}

/** Keeps the log of each pod that ends or is told to end: an evicted pod is gone soon after. */
export class LogKeeper {
  readonly #options: LogKeeperOptions;
  /** By uid: pods whose log is being read, or was kept. */
  readonly #seen = new Set<string>();

  constructor(options: LogKeeperOptions) {
    this.#options = options;
  }

  podChanged(pod: V1Pod): void {
    const uid = pod.metadata?.uid ?? '';
    const phase = pod.status?.phase;
    const ends = phase === 'Succeeded' || phase === 'Failed' || pod.metadata?.deletionTimestamp !== undefined;
    const ran = pod.status?.containerStatuses?.some(({ state }) => state?.running ?? state?.terminated) ?? false;
    if (!ends || !ran || this.#seen.has(uid)) return;
    this.#seen.add(uid);
    this.#keep(pod).catch((error: unknown) => {
      this.#seen.delete(uid); // the next change of the pod, or list of pods, tries again
      if (!this.#options.signal.aborted) this.#options.onProblem(error);
    });
  }

  /** Forgets pods that are gone. */
  podGone(pod: V1Pod): void {
    this.#seen.delete(pod.metadata?.uid ?? '');
  }

  async #keep(pod: V1Pod): Promise<void> {
    const { archive, log, namespace, signal } = this.#options;
    const name = pod.metadata?.name ?? '';
    const tail = new LogTail();
    const lines = linesOfPod({ log, namespace, pod: name, follow: true, signal });
    for await (const line of lines) tail.add(line);
    if (signal.aborted) return;
    const made = new Date(createdAt(pod)).toISOString();
    await archive.keep(pod.metadata?.labels?.[jobNameLabel] ?? '', indexOfPod(pod), {
      pod: name,
      createdAt: made,
      ...tail.end(),
    });
  }
}
