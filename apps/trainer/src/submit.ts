import type { ArtifactStore } from '@medlego/artifacts';
import { mapConcurrent } from '@medlego/async';
import type { Bus } from '@medlego/bus';
import type { SubmitSweepRequest, TrainingSpec } from '@medlego/contracts/rpc';
import { AppError, InvalidValueError } from '@medlego/errors';
import type { Json, Registry, RunAt } from '@medlego/registry';
import { findRun, submitRun as recordRun } from '@medlego/run-service';
import { pinnedRefsOf, pinSpec, type PinnedRefs } from './pin-spec.ts';
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
  const known = await findRun(options.registry, 'training', requestId);
  const { name, pinned } = known ? asRecorded(known) : await pinSpec(spec, options.store);
  return record({ requestId, spec, sweep, name, pinned }, options);
}

/**
 * Records the runs of a sweep. One whose data set or backbone is not there is recorded as failed; the others go on. Runs that would publish
 * under one name get their number behind it.
 * @throws InvalidValueError for a sweep that is none
 */
export async function submitSweep(request: SubmitSweepRequest, options: SubmitOptions): Promise<RunAt[]> {
  const { requestId: sweep } = request;
  const drafts = await mapConcurrent(sweepSpecs(request), { limit: 8 }, async (spec, index) => ({
    spec,
    requestId: `${sweep}.${index + 1}`,
    ...(await pinOrFail(spec, options)),
  }));
  const isShared = (name: string) => drafts.filter((draft) => draft.name === name).length > 1;

  const runs: RunAt[] = [];
  for (const [index, { name: base, problem, ...draft }] of drafts.entries()) {
    const known = await findRun(options.registry, 'training', draft.requestId);
    const name = isShared(base) ? `${base}-${index + 1}` : base;
    runs.push(
      await record({ ...draft, sweep, name, ...(known && asRecorded(known)) }, options, known ? null : problem),
    );
  }
  return runs;
}

/** What a run is called and works on, or why it cannot be. */
async function pinOrFail(spec: TrainingSpec, { store }: SubmitOptions) {
  try {
    return { ...(await pinSpec(spec, store)), problem: null };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { name: spec.name || spec.dataset.slice(0, 100), pinned: undefined, problem: error };
  }
}

const asRecorded = ({ name, spec }: RunAt) => ({ name, pinned: pinnedRefsOf(spec) });

interface Draft {
  readonly requestId: string;
  readonly spec: TrainingSpec;
  readonly sweep?: string;
  readonly name: string;
  readonly pinned: PinnedRefs | undefined;
}

async function record(
  { requestId, spec, sweep, name, pinned }: Draft,
  { bus, registry }: SubmitOptions,
  problem: AppError | null = null,
): Promise<RunAt> {
  const { labels } = spec;
  const json = JSON.parse(JSON.stringify({ ...spec, pinned })) as Json;
  const draft = { kind: 'training', requestId, name, spec: json, labels } as const;
  const run = await recordRun(sweep === undefined ? draft : { ...draft, sweep }, { bus, registry });
  return problem ? (await registry.runs.change(run.id, { type: 'fail', error: problem.toJSON() })).run : run;
}
