import { readFile } from 'node:fs/promises';
import { openJournal, type Journal } from '@medlego/journal';
import type { TaskStatus } from '../job-runner.ts';
import type { JobSpec } from '../job-spec.ts';

/** A task as it is kept: its status and what is needed to find its process again. */
export interface TaskRecord extends TaskStatus {
  /** Starts so far, failures and stops alike; names the folder of the attempt. */
  readonly starts: number;
  /** Starts in a row that ended soon and are to be repeated: each makes the next wait longer. */
  readonly soonEnded: number;
  /** Which GPUs it has while it runs. */
  readonly gpus: readonly number[];
  /** The machine's boot during which it was started: process ids of another boot mean nothing. */
  readonly boot?: string;
}

export interface JobRecord {
  readonly spec: JobSpec;
  readonly sequence: number;
  readonly cancelled: boolean;
  readonly tasks: readonly TaskRecord[];
}

type Change =
  | { readonly kind: 'job'; readonly job: JobRecord }
  | { readonly kind: 'task'; readonly name: string; readonly task: TaskRecord }
  | { readonly kind: 'cancelled'; readonly name: string }
  | { readonly kind: 'removed'; readonly name: string };

const compactAfter = 20_000;

/** The jobs of a local runner, in a journal: a change is written before it is acted on. */
export class JobRecords {
  readonly #journal: Journal<Change>;
  readonly #jobs: Map<string, JobRecord>;
  #appended = 0;
  #compacting: Promise<void> | undefined;
  /** Changes since a compaction began: they are not in what it writes. */
  readonly #meanwhile: Change[] = [];

  private constructor(journal: Journal<Change>, jobs: Map<string, JobRecord>) {
    this.#journal = journal;
    this.#jobs = jobs;
  }

  /** @throws FileAccessError while another runner has the file; FileFormatError for a damaged one */
  static async open(file: string): Promise<JobRecords> {
    const { journal, records } = await openJournal<Change>(file);
    const jobs = new Map<string, JobRecord>();
    for (const record of records) apply(jobs, record);
    const opened = new JobRecords(journal, jobs);
    if (records.length > jobs.size) await opened.#compact();
    return opened;
  }

  get jobs(): ReadonlyMap<string, JobRecord> {
    return this.#jobs;
  }

  write(change: Change): void {
    this.#journal.append(change);
    apply(this.#jobs, change);
    this.#appended++;
    if (this.#compacting) this.#meanwhile.push(change);
  }

  /** Resolves once all that was written is on the disk. */
  async sync(): Promise<void> {
    if (this.#appended > compactAfter) this.#compacting ??= this.#compact();
    await this.#compacting;
    await this.#journal.sync();
  }

  async close(): Promise<void> {
    await this.#compacting?.catch(() => {}); // whoever waited for it was told
    await this.#journal.close();
  }

  async #compact(): Promise<void> {
    try {
      await this.#journal.sync(); // ends an fsync that has the old file open
      await this.#journal.rewrite([...this.#jobs.values()].map((job) => ({ kind: 'job', job })));
      for (const change of this.#meanwhile) this.#journal.append(change);
      this.#appended = this.#meanwhile.length;
    } finally {
      this.#meanwhile.length = 0;
      this.#compacting = undefined;
    }
  }
}

function apply(jobs: Map<string, JobRecord>, change: Change): void {
  switch (change.kind) {
    case 'job':
      jobs.set(change.job.spec.name, change.job);
      return;
    case 'removed':
      jobs.delete(change.name);
      return;
    case 'cancelled':
    case 'task': {
      const job = jobs.get(change.name);
      if (!job) return;
      if (change.kind === 'cancelled') jobs.set(change.name, { ...job, cancelled: true });
      else jobs.set(change.name, { ...job, tasks: job.tasks.with(change.task.index, change.task) });
      return;
    }
    default:
      change satisfies never;
  }
}

/** Names this boot of the machine; undefined where the system does not say. */
export const currentBoot = async (): Promise<string | undefined> =>
  (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined))?.trim();
