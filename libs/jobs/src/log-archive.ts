/** What one pod of a task said, kept after it. */
export interface KeptLog {
  /** Name of the pod. */
  readonly pod: string;
  /** When the pod was made, ISO 8601 in UTC. */
  readonly createdAt: string;
  /** So many of its first lines were not kept. */
  readonly dropped: number;
  readonly lines: readonly string[];
}

/** Keeps logs of tasks beyond their pods. Replicas may keep the same log at the same time. */
export interface LogArchive {
  /** Keeping a pod's log again changes nothing. */
  keep(job: string, index: number, log: KeptLog): Promise<void>;
  /** In the order of the pods' making; empty for none. */
  read(job: string, index: number): Promise<readonly KeptLog[]>;
}

/** Collects the end of a log: at most so many characters, in whole lines. */
export class LogTail {
  readonly #maxChars: number;
  readonly #lines: string[] = [];
  #chars = 0;
  #dropped = 0;

  constructor(maxChars = 128 * 1024) {
    this.#maxChars = maxChars;
  }

  add(line: string): void {
    this.#lines.push(line);
    this.#chars += line.length + 1;
    while (this.#chars > this.#maxChars && this.#lines.length > 1) {
      this.#chars -= this.#lines.shift()!.length + 1;
      this.#dropped++;
    }
  }

  end(): Pick<KeptLog, 'dropped' | 'lines'> {
    return { dropped: this.#dropped, lines: [...this.#lines] };
  }
}
