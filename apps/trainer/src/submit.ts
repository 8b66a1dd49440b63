import type { ArtifactStore } from '@medlego/artifacts';
import type { Bus } from '@medlego/bus';
import type { SubmitSweepRequest, TrainingSpec } from '@medlego/contracts/rpc';
import { AppError, InvalidValueError, RunNotFoundError } from '@medlego/errors';
import { runIdOf, type Json, type Registry, type RunAt } from '@medlego/registry';
import { sweepSpecs } from './sweep.ts';

export interface SubmitOptions {
  readonly bus: Bus;
  readonly registry: Registry;
  readonly store: ArtifactStore;
}

interface Request {
  readonly requestId: string;
  readonly spec: TrainingSpec | undefined;
  readonly sweep?: string;
}

/**
 * Records a run. The same request again is the same run, whatever has become of its data set since.
 * @throws InvalidValueError, ArtifactNotFoundError for a data set or backbone that the store does not have
 */
export async function submitRun({ requestId, spec, sweep }: Request, options: SubmitOptions): Promise<RunAt> {
  if (!spec) throw new InvalidValueError({ field: 'spec', expected: 'a specification', actual: 'none' });
  const known = await knownRun(requestId, options);
  return record({ requestId, spec, sweep, name: known?.name ?? (await nameOf(spec, options)) }, options);
}

/**
 * Records the runs of a sweep. One whose data set or backbone is not there is recorded as failed; the others go on.
 * @throws InvalidValueError for a sweep that is none
 */
export async function submitSweep(request: SubmitSweepRequest, options: SubmitOptions): Promise<RunAt[]> {
  const { requestId: sweep } = request;
  const runs: RunAt[] = [];
  for (const [index, one] of sweepSpecs(request).entries()) {
    const requestId = `${sweep}.${index + 1}`;
    const known = await knownRun(requestId, options);
    let problem: AppError | null = null;
    const base = known
      ? null
      : await nameOf(one, options).catch((error: unknown) => {
          if (!(error instanceof AppError)) throw error;
          problem = error;
          return one.name || one.dataset.slice(0, 100);
        });
    const name = known?.name ?? `${base}-${index + 1}`;
    const run = await record({ requestId, spec: one, sweep, name }, options, problem);
    runs.push(run);
  }
  return runs;
}

const knownRun = (requestId: string, { registry }: SubmitOptions): Promise<RunAt | null> =>
  registry.runs.get(runIdOf('training', requestId)).catch((error: unknown) => {
    if (error instanceof RunNotFoundError) return null;
    throw error;
  });

/** The name to publish under; checks that data set and backbone are there. */
async function nameOf({ name, dataset, backbone }: TrainingSpec, { store }: SubmitOptions): Promise<string> {
  const { manifest } = await store.get(dataset, { kind: 'dataset' });
  await store.resolve(backbone, { kind: 'backbone' });
  return name || manifest.tasks[0]!.name;
}

interface Draft {
  readonly requestId: string;
  readonly spec: TrainingSpec;
  readonly sweep?: string;
  readonly name: string;
}

async function record(
  { requestId, spec, sweep, name }: Draft,
  { bus, registry }: SubmitOptions,
  problem: AppError | null = null,
): Promise<RunAt> {
  const { labels } = spec;
  const json = JSON.parse(JSON.stringify(spec)) as Json;
  const draft = { kind: 'training', requestId, name, spec: json, labels } as const;
  const { run } = await registry.runs.submit(sweep === undefined ? draft : { ...draft, sweep });
  const data = { run: run.id, kind: run.kind, requestId };
  await bus.publish({ type: 'run.requested', about: run.id, id: `${run.id}-requested`, data });
  return problem ? (await registry.runs.change(run.id, { type: 'fail', error: problem.toJSON() })).run : run;
}
