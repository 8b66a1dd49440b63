import type { ArtifactStore } from '@medlego/artifacts';
import type { Progress, Run } from '@medlego/contracts/rpc';
import type { Environment } from './job-environment.ts';

/** One attempt of a run, as its program sees it. */
export interface Job {
  readonly run: Run;
  /** From 1. */
  readonly attempt: number;
  readonly store: ArtifactStore;
  /** Folder of what this machine keeps between attempts. */
  readonly home: string;
  /** Aborted when it has to stop: finish the step, keep a checkpoint, throw. */
  readonly signal: AbortSignal;
  /** News go out at most once a second. */
  progress(news: Partial<Progress>): void;
  /** Tells of a checkpoint that is complete in the store, at once. */
  checkpoint(digest: string): Promise<void>;
  log(line: string): void;
}

export interface JobResult {
  /** Digest of what is in the store now. */
  readonly artifact: string;
  /** Called once the services know of it. */
  readonly cleanUp?: () => Promise<void>;
}

export interface JobProgram {
  /** `job --run ID` */
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly kind: 'training' | 'evaluation' | 'merging';
  readonly run: (job: Job) => Promise<JobResult>;
  /** Default: a line on standard output, which is the Job's log. */
  readonly log?: (line: string) => void;
  /** Milliseconds between reports of progress. Default: 1,000. */
  readonly reportEveryMs?: number;
}
