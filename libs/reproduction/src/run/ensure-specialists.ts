import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, type StoredArtifact } from '@medlego/artifacts';
import { throwIfStopped } from '@medlego/async';
import { CorruptBlobError, MissingBlobError } from '@medlego/errors';
import type { TrainingReport, TrainingSettings } from '@medlego/training';
import { joinTasks, trainTask } from '@medlego/workflows';
import type { SortConfig } from '../config/config-schema.ts';
import type { TableTask } from '../data/open-tasks.ts';
import { findSpecialist } from './find-specialist.ts';
import type { RunContext } from './run-context.ts';
import { readSpecialist, type Specialist } from './specialist.ts';
import { specialistSettings } from './training-settings.ts';

export interface EnsureOptions {
  /** First part of the names in the store, so that settings of a run lie together. */
  readonly prefix: string;
  readonly sorts: Readonly<Record<string, SortConfig>>;
  readonly tasks: readonly TableTask[];
  /** Names of the tasks that a sort is wanted for; all where it is left out. */
  readonly tasksOf?: (sort: string) => readonly string[];
  readonly seeds: readonly number[];
  /** At most so many epochs, for a quick trial. */
  readonly epochs?: number | undefined;
}

/** Specialists by sort and seed, in the order of the tasks. */
export interface SpecialistSet {
  readonly of: (sort: string, seed: number) => readonly Specialist[];
  readonly trained: number;
  readonly found: number;
  readonly rebuilt: readonly string[];
  /** Spent on training in this run. */
  readonly seconds: number;
}

interface Wanted {
  readonly name: string;
  readonly sort: string;
  readonly seed: number;
  /** One for a specialist; all for a joint model. */
  readonly tasks: readonly TableTask[];
  readonly isJoint: boolean;
  readonly settings: TrainingSettings;
  readonly stats: SortConfig['stats'];
}

/**
 * Finds every specialist in the store and trains those that are missing. A specialist one of whose files was lost is named and
 * trained again; the store then holds the same bytes as before.
 *
 * @throws StoppedError when the signal is aborted, with a checkpoint written; as `trainTask`
 */
export async function ensureSpecialists(context: RunContext, options: EnsureOptions): Promise<SpecialistSet> {
  const wanted = listWanted(options);
  const found = new Map<string, readonly Specialist[]>();
  const missing: Wanted[] = [];
  const rebuilt: string[] = [];
  for (const item of wanted) {
    const { specialists, lost } = await lookUp(context, item);
    if (lost) rebuilt.push(lost);
    if (specialists) found.set(item.name, specialists);
    else missing.push(item);
  }
  const kept = found.size;
  const costs = missing.map(
    ({ tasks, settings }) => settings.epochs * tasks.reduce((sum, { dataset }) => sum + dataset.splits.train.count, 0),
  );
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  const started = performance.now();
  let before = 0;
  for (const [at, item] of missing.entries()) {
    throwIfStopped(context.signal, 'The run');
    const note = `${item.name} (${at + 1} of ${missing.length})`;
    const artifact = await train(context, item, (share) =>
      context.onProgress?.({ phase: 'specialists', done: before + share * costs[at]!, total, note }),
    );
    before += costs[at]!;
    context.onProgress?.({ phase: 'specialists', done: before, total, note });
    found.set(item.name, await readAll(context, artifact, item));
  }
  return {
    of: (sort, seed) =>
      wanted.filter((item) => item.sort === sort && item.seed === seed).flatMap(({ name }) => found.get(name)!),
    trained: missing.length,
    found: kept,
    rebuilt,
    seconds: (performance.now() - started) / 1000,
  };
}

/** Seed by seed, so that an early look at the results has whole seeds. */
const listWanted = ({ prefix, sorts, tasks: all, tasksOf, seeds, epochs }: EnsureOptions): Wanted[] =>
  seeds.flatMap((seed) =>
    Object.entries(sorts).flatMap(([sort, config]): Wanted[] => {
      const base = { sort, seed, stats: config.stats };
      const names = tasksOf?.(sort);
      const tasks = names ? all.filter(({ name }) => names.includes(name)) : all;
      if (config.kind === 'joint') {
        const settings = specialistSettings(sort, config, '', seed, epochs);
        return [{ ...base, name: `${prefix}.${sort}.s${seed}`, tasks, isJoint: true, settings }];
      }
      return tasks.map((task) => ({
        ...base,
        name: `${prefix}.${sort}.${task.name}.s${seed}`,
        tasks: [task],
        isJoint: false,
        settings: specialistSettings(sort, config, task.name, seed, epochs),
      }));
    }),
  );

async function lookUp(
  context: RunContext,
  item: Wanted,
): Promise<{ specialists?: readonly Specialist[]; lost?: string }> {
  const artifact = await findSpecialist(context.store, {
    name: item.name,
    kind: item.isJoint ? 'generalist' : 'specialist',
    backbone: context.backbone.digest,
    data: Object.fromEntries(item.tasks.map(({ name, dataset }) => [name, dataset.digest])),
    settings: item.settings,
    stats: item.stats,
  });
  if (!artifact) return {};
  try {
    return { specialists: await readAll(context, artifact, item) };
  } catch (error) {
    if (!(error instanceof MissingBlobError || error instanceof CorruptBlobError)) throw error;
    context.onNote?.(`Specialist ${item.name} has lost a file and is trained again: ${error.message}`);
    return { lost: item.name };
  }
}

const readAll = ({ store, backbone }: RunContext, artifact: StoredArtifact, { tasks }: Wanted): Promise<Specialist[]> =>
  Promise.all(tasks.map(({ name }) => readSpecialist(store, artifact, backbone, name)));

async function train(
  context: RunContext,
  { name, tasks, isJoint, settings, stats }: Wanted,
  onShare: (share: number) => void,
): Promise<StoredArtifact> {
  const { engine, store, backbone, scratch, signal, onNote } = context;
  const data = tasks.map(({ dataset }) => dataset.digest);
  const identity = canonicalJson({ settings, data, backbone: backbone.digest }, 'settings');
  const key = createHash('sha256').update(identity).digest('hex').slice(0, 16);
  const checkpointFolder = join(scratch, 'runs', `${name}-${key}`);
  const options = {
    engine,
    store,
    backbone,
    settings,
    name,
    checkpointFolder,
    signal,
    onReport: (report: TrainingReport) => {
      if (report.type === 'step') onShare((report.epoch - 1 + report.step / report.stepsPerEpoch) / report.epochs);
      if (report.type === 'resumed') onNote?.(`${name} goes on from epoch ${report.epoch}, step ${report.step}.`);
    },
  };
  const { artifact } = isJoint
    ? await joinTasks({ ...options, datasets: tasks.map(({ dataset }) => dataset) })
    : await trainTask({
        ...options,
        dataset: tasks[0]!.dataset,
        ...(stats.length > 0 && { statistics: { kinds: stats } }),
      });
  await rm(checkpointFolder, { recursive: true, force: true });
  return artifact;
}
