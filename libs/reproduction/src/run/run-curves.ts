import { throwIfStopped } from '@medlego/async';
import { parseTrainingSettings } from '@medlego/training';
import { foldUpdates } from '@medlego/vit';
import type { NamedTensors } from '@medlego/tensors';
import type { CurvesConfig, StartConfig, TaskConfig } from '../config/config-schema.ts';
import { countLeaks, type TaskLeaks } from '../data/leaks.ts';
import { openTasks, type OpenTasksOptions, type TableTask } from '../data/open-tasks.ts';
import { ensureSpecialists, type SpecialistSet } from './ensure-specialists.ts';
import type { RunContext } from './run-context.ts';
import { SortMerger } from './sort-merger.ts';
import { trainCurve, type Curve } from './train-curve.ts';

export interface RunCurvesOptions {
  readonly config: CurvesConfig;
  readonly seeds?: readonly number[] | undefined;
  readonly epochs?: number | undefined;
  readonly data: Omit<OpenTasksOptions, 'size' | 'preprocess'>;
}

/** One line of the figure: a new task learned from one start, a curve per seed. */
export interface StartCurves {
  readonly task: string;
  readonly start: string;
  /** Tasks whose specialists were merged for the start. */
  readonly members: readonly string[];
  readonly curves: readonly Curve[];
}

export interface CurvesRun {
  readonly config: CurvesConfig;
  readonly seeds: readonly number[];
  readonly newTasks: readonly TableTask[];
  readonly lines: readonly StartCurves[];
  readonly leaks: readonly TaskLeaks[];
  readonly specialists: Pick<SpecialistSet, 'trained' | 'found' | 'rebuilt' | 'seconds'>;
}

/** Runs the figure: specialists of the groups, a start per line and seed, a training of every new task from each. */
export async function runCurves(context: RunContext, options: RunCurvesOptions): Promise<CurvesRun> {
  const { config, seeds = config.seeds, epochs } = options;
  const { backbone, signal } = context;
  const open = (tasks: readonly TaskConfig[], trainImages?: number) =>
    openTasks(tasks, { ...options.data, size: config.size, preprocess: backbone.preprocess, trainImages });
  const newTasks = await open(config.newTasks, config.trainImages);
  const groupTasks = await open([
    ...new Map(
      Object.values(config.groups).flatMap((tasks) => tasks.map((task) => [task.name, task] as const)),
    ).values(),
  ]);
  const usedSorts = new Set(config.starts.flatMap(({ sort }) => sort ?? []));
  const specialists = await ensureSpecialists(context, {
    prefix: config.setting,
    sorts: Object.fromEntries(Object.entries(config.sorts).filter(([id]) => usedSorts.has(id))),
    tasks: groupTasks,
    tasksOf: (sort) =>
      config.starts.flatMap((start) =>
        start.sort === sort && start.group !== undefined ? config.groups[start.group]!.map(({ name }) => name) : [],
      ),
    seeds,
    epochs,
  });
  const lines: StartCurves[] = [];
  const total = newTasks.length * config.starts.length * seeds.length;
  let done = 0;
  for (const task of newTasks)
    for (const start of config.starts) {
      const members = membersOf(config, start, task.name, groupTasks);
      const curves: Curve[] = [];
      for (const seed of seeds) {
        throwIfStopped(signal, 'The run');
        const note = `${task.name} from ${start.start}, seed ${seed}`;
        const own = parseTrainingSettings({ ...config.training, seed }, 'training');
        const settings = epochs === undefined ? own : { ...own, epochs: Math.min(own.epochs, epochs) };
        const params = startParams(context, specialists, start, members, seed);
        const onShare = (share: number) => context.onProgress?.({ phase: 'curves', done: done + share, total, note });
        curves.push(await trainCurve(context, params, task, settings, onShare));
        done++;
        onShare(0);
      }
      lines.push({ task: task.name, start: start.start, members, curves });
    }
  const { trained, found, rebuilt, seconds } = specialists;
  return {
    config,
    seeds,
    newTasks,
    lines,
    leaks: countLeaks(newTasks),
    specialists: { trained, found, rebuilt, seconds },
  };
}

/** A group's tasks that are at hand, without the new one: a start must not have seen it. */
function membersOf(
  { groups }: CurvesConfig,
  { group }: StartConfig,
  newTask: string,
  opened: readonly TableTask[],
): string[] {
  if (group === undefined) return [];
  const present = new Set(opened.map(({ name }) => name));
  return groups[group]!.map(({ name }) => name).filter((name) => name !== newTask && present.has(name));
}

function startParams(
  { backbone }: RunContext,
  specialists: SpecialistSet,
  { sort, method, params, space }: StartConfig,
  members: readonly string[],
  seed: number,
): NamedTensors {
  if (members.length === 0) return backbone.params;
  const merger = new SortMerger(
    specialists.of(sort!, seed).filter(({ task }) => members.includes(task)),
    backbone,
  );
  const merged = merger.merge({ method: method!, params, space });
  return 'params' in merged
    ? { ...backbone.params, ...merged.params }
    : foldUpdates(backbone.config, backbone.params, merged.updates);
}
