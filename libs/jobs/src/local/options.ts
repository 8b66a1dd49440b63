import type { Clock } from '@medlego/async';
import type { JobSpec } from '../job-spec.ts';

export interface LocalCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** Added to the job's environment; the job's own values win. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface LocalJobRunnerOptions {
  /** Records and logs; of this runner alone. Jobs of a former runner in it are followed further. */
  readonly folder: string;
  /** What jobs may take together. */
  readonly cores: number;
  readonly memoryMb: number;
  /** Ids of the GPUs for CUDA_VISIBLE_DEVICES; none by default. */
  readonly gpus?: readonly number[];
  /** The program of a job, with all of its arguments. */
  readonly command: (spec: JobSpec) => LocalCommand;
  /** Variables of this process that jobs get too. Not all: a service's secrets are not theirs. */
  readonly inheritEnv?: (name: string) => boolean;
  /** Tasks that may wait; more are refused. Default 20,000. */
  readonly maxQueued?: number;
  /** Ended jobs that are kept with their logs; the oldest go first. Default 1,000. */
  readonly keepEnded?: number;
  /** Wait before the first repetition in milliseconds, doubled each time up to a minute. Default 1,000. */
  readonly retryDelayMs?: number;
  readonly clock?: Pick<Clock, 'now'>;
}

const plainVariables = new Set([
  'PATH',
  'HOME',
  'TMPDIR',
  'LANG',
  'LC_ALL',
  'TZ',
  'LD_LIBRARY_PATH',
  'NODE_EXTRA_CA_CERTS',
]);

/** What jobs inherit unless told otherwise: where things are, and where telemetry goes. */
export const inheritByDefault = (name: string): boolean =>
  plainVariables.has(name) || (name.startsWith('OTEL_') && name !== 'OTEL_SERVICE_NAME');
