import { CheckpointCorruptError, CheckpointMismatchError } from '@medlego/errors';
import { parseComputeEnvironment, runJob, type Environment, type Job, type JobResult } from '@medlego/job-program';
import { readNamedSettings, type TrainingReport } from '@medlego/training';
import { openEngine } from '@medlego/engine';
import { openBackbone, openStoredDataset, trainTask, type NamedBackbone } from '@medlego/workflows';
import type { ArtifactStore } from '@medlego/artifacts';
import { createJobCheckpoints, type JobCheckpoints } from './job-checkpoints.ts';
import { readSpec, type JobSpecification } from './read-spec.ts';

export interface TrainJobOptions {
  readonly argv: readonly string[];
  readonly env: Environment;
  /** Default: a line on standard output. */
  readonly log?: (line: string) => void;
  /** How often a checkpoint goes into the folder (seconds) and into the store (milliseconds). */
  readonly checkpointEverySeconds?: number;
  readonly storeCheckpointEveryMs?: number;
}

/** The Job of a training run: `job --run ID`. Gives the exit code; see `runJob`. */
export const trainJob = (options: TrainJobOptions): Promise<number> =>
  runJob({ ...options, kind: 'training', run: (job) => train(job, options) });

async function train(
  job: Job,
  { env, checkpointEverySeconds, storeCheckpointEveryMs }: TrainJobOptions,
): Promise<JobResult> {
  const { store, home, log, run } = job;
  const spec = readSpec(run);
  const compute = parseComputeEnvironment(env);
  const checkpoints = createJobCheckpoints({ store, home, run: run.id, log, everyMs: storeCheckpointEveryMs });
  await checkpoints.fetch(run.progress?.checkpoint);
  const dataset = await openStoredDataset(store, spec.dataset);
  const named = readNamedSettings(spec.settings, { task: dataset.task.name, seed: spec.seed });
  const backbone = await namedBackbone(store, spec);
  const engine = await openEngine({ engine: 'onnx', device: compute.device, intraOpThreads: compute.threads });
  try {
    const { artifact } = await startOver(checkpoints, log, () =>
      trainTask({
        ...named,
        engine,
        store,
        backbone,
        dataset,
        name: spec.name,
        signal: job.signal,
        checkpointFolder: checkpoints.folder,
        checkpointEverySeconds,
        onReport: (report) => follow(report, job, checkpoints),
      }),
    );
    return { artifact: artifact.digest, cleanUp: checkpoints.clear };
  } catch (error) {
    const digest = await checkpoints.stopped(error);
    if (digest !== null) job.progress({ checkpoint: digest }); // goes out with the report of the stop
    throw error;
  } finally {
    await engine.dispose();
  }
}

/** Trains; from the beginning if the folder holds checkpoints that cannot be read, or of a run that had this id elsewhere. */
async function startOver<T>(checkpoints: JobCheckpoints, log: Job['log'], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CheckpointCorruptError) && !(error instanceof CheckpointMismatchError)) throw error;
    log(`Beginning anew: ${error.message}`);
    await checkpoints.clear();
    return work();
  }
}

/** The name is part of what a specialist says of itself, so it is the one that people use, also where the run has the digest. */
async function namedBackbone(
  store: ArtifactStore,
  { backbone: ref, backboneName }: JobSpecification,
): Promise<NamedBackbone> {
  const digest = await store.resolve(ref, { kind: 'backbone' });
  const { names } = (await store.list({ kind: 'backbone' })).find((artifact) => artifact.digest === digest) ?? {};
  // Of a name that has moved on since, the store knows `name@version`.
  const name = names?.find((known) => known.split('@')[0] === backboneName) ?? names?.[0] ?? digest;
  return { ...(await openBackbone(store, digest)), name: name.split('@')[0]! };
}

/** Says how far the training is. Lets signals and answers in between two steps, which alone never wait for anything. */
async function follow(report: TrainingReport, job: Job, checkpoints: JobCheckpoints): Promise<void> {
  switch (report.type) {
    case 'probe':
      job.log(`${report.task}: probe solved in ${report.seconds.toFixed(1)} s`);
      break;
    case 'step': {
      const { epoch, epochs, step, stepsPerEpoch, etaSeconds, imagesPerSecond, taskLoss } = report;
      const fraction = Math.min(0.99, ((epoch - 1) * stepsPerEpoch + step) / (epochs * stepsPerEpoch));
      const message = `epoch ${epoch} of ${epochs}`;
      job.progress({ fraction, etaSeconds, imagesPerSecond, lastLoss: taskLoss, message });
      break;
    }
    case 'epoch':
      job.log(`epoch ${report.epoch} of ${report.epochs}: loss ${report.trainLoss?.toFixed(4) ?? '-'}`);
      break;
    case 'checkpoint': {
      const digest = await checkpoints.saved();
      if (digest !== null) await job.checkpoint(digest);
      break;
    }
    case 'resumed':
      job.log(`Going on from epoch ${report.epoch}, step ${report.step}.`);
      break;
    case 'warning':
      job.log(`Warning: ${report.message}`);
      break;
    default:
      report satisfies never;
  }
  await new Promise((resolve) => setImmediate(resolve));
}
