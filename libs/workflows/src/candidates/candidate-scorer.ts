import type { Engine } from '@medlego/engine';
import { DuplicateMemberError, InvalidValueError } from '@medlego/errors';
import type { AdapterUpdates } from '@medlego/linalg';
import type { TaskKind } from '@medlego/tasks';
import type { HostTensor, NamedTensors } from '@medlego/tensors';
import { applyHead, toScores, type BackboneModel, type ImageBatches } from '@medlego/training';
import { modulesOf } from '@medlego/vit';
import { createFolder, weightOf } from './folded-weights.ts';
import { keptBatches, type ImageRoom } from './kept-batches.ts';
import { WeightedGraph } from './weighted-graph.ts';

/** One task whose images every candidate is asked about. */
export interface CandidateTask {
  readonly name: string;
  readonly kind: TaskKind;
  readonly images: ImageBatches;
  /** `head.weight [labels, dim]` and `head.bias [labels]`; needed for `scores` unless the call brings another. */
  readonly head?: NamedTensors;
}

export interface CandidateScorerOptions {
  readonly engine: Engine;
  readonly backbone: BackboneModel;
  readonly tasks: readonly CandidateTask[];
  /** Modules that candidates touch. Default: queries and values. Others are welcome later, at the price of one more graph. */
  readonly modules?: readonly string[];
  /** Images in one run of the graph; default 64. */
  readonly batchSize?: number;
  /** Bytes of preprocessed images to keep; default 1 GiB. What finds no room is preprocessed at every pass. */
  readonly imageBytes?: number;
  readonly signal?: AbortSignal;
}

export interface ScoreOptions {
  /** Only these tasks; all by default. */
  readonly tasks?: readonly string[];
  /** Heads in the place of the tasks' own. */
  readonly heads?: Readonly<Record<string, NamedTensors>>;
}

export interface UpdateScoreOptions extends ScoreOptions {
  /** Whole updates per task, in the place of the shared ones, of methods that are told the task (`emr`). */
  readonly taskUpdates?: Readonly<Record<string, AdapterUpdates>> | undefined;
}

/** Probabilities per task, [n, labels] float32, owned by the caller. */
export type TaskScoreTensors = Readonly<Record<string, HostTensor<'float32'>>>;

/** Scores many merges of one backbone on the same images, compiling and preprocessing once. */
export interface CandidateScorer {
  readonly tasks: readonly string[];
  /** Features of the untouched backbone [n, dim]; computed once and kept, borrowed. */
  plainFeatures(task: string): Promise<HostTensor<'float32'>>;
  /** Features [n, dim] with updates folded into the weights; owned by the caller. Without updates: a copy of the plain ones. */
  features(task: string, updates: AdapterUpdates): Promise<HostTensor<'float32'>>;
  scores(updates: AdapterUpdates, options?: UpdateScoreOptions): Promise<TaskScoreTensors>;
  /**
   * The same for a whole model: weights by timm's names, those that are missing are the backbone's. One graph with all weights as
   * state serves every model.
   */
  modelFeatures(task: string, params: NamedTensors): Promise<HostTensor<'float32'>>;
  modelScores(params: NamedTensors, options?: ScoreOptions): Promise<TaskScoreTensors>;
  /** Releases graphs and kept images; the engine stays the caller's. */
  dispose(): Promise<void>;
}

const defaultImageBytes = 2 ** 30;

/**
 * Builds a scorer; nothing is computed before the first question. Calls that were not waited for run one after the other.
 *
 * @param options backbone and heads are borrowed and must not change
 * @throws InvalidValueError for no tasks, a batch size below 1 or a module that the backbone has not; DuplicateMemberError
 */
export function createCandidateScorer(options: CandidateScorerOptions): CandidateScorer {
  const { engine, backbone, tasks, batchSize = 64, imageBytes = defaultImageBytes, signal } = options;
  assertOptions(tasks, batchSize);
  const room: ImageRoom = { left: imageBytes };
  const byName = new Map(
    tasks.map((task) => [task.name, { ...task, batches: keptBatches(task.images, batchSize, room) }]),
  );
  const taskOf = (name: string) => {
    const task = byName.get(name);
    if (task) return task;
    throw new InvalidValueError({ field: 'task', expected: [...byName.keys()].join(', '), actual: name });
  };

  const modules = options.modules ?? modulesOf(backbone.config, ['q', 'v']).map(({ path }) => path);
  let adapted = new WeightedGraph(engine, backbone, new Set(modules.map((module) => weightOf(backbone, module))));
  let whole: WeightedGraph | undefined;
  const fold = createFolder(backbone);
  const plain = new Map<string, HostTensor<'float32'>>();

  /** The weights are the graph's one state, so questions wait for each other. */
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(body: () => Promise<T>): Promise<T> => {
    const result = last.then(body, body);
    last = result.catch(() => undefined); // whoever asked has the error; the next question is another
    return result;
  };

  const run = async (graph: WeightedGraph, weights: NamedTensors, name: string) => {
    const { images, batches } = taskOf(name);
    await graph.load(weights);
    return graph.features(images.count, batches(), signal);
  };
  const plainOf = async (name: string) => {
    const known = plain.get(name) ?? (await run(adapted, {}, name));
    plain.set(name, known);
    return known;
  };
  const adaptedOf = async (name: string, updates: AdapterUpdates) => {
    if (Object.keys(updates).length === 0) {
      const features = await plainOf(name);
      return { ...features, data: features.data.slice() };
    }
    const weights = fold(updates);
    const missing = Object.keys(weights).filter((weight) => !adapted.movable.has(weight));
    if (missing.length > 0) {
      const wider = new WeightedGraph(engine, backbone, [...adapted.movable, ...missing]);
      await adapted.dispose();
      adapted = wider;
    }
    return run(adapted, weights, name);
  };
  const modelOf = (name: string, params: NamedTensors) =>
    run((whole ??= new WeightedGraph(engine, backbone, backboneWeights(backbone))), params, name);

  const scoresOf = async (
    { tasks: wanted = [...byName.keys()], heads = {} }: ScoreOptions,
    featuresOf: (name: string) => Promise<HostTensor<'float32'>>,
  ): Promise<TaskScoreTensors> => {
    const scores: Record<string, HostTensor<'float32'>> = {};
    for (const name of wanted) {
      const { kind, head } = taskOf(name);
      const chosen = heads[name] ?? head;
      if (!chosen) throw new InvalidValueError({ field: `${name}.head`, expected: 'a head', actual: 'none' });
      scores[name] = toScores(kind, applyHead(await featuresOf(name), chosen));
    }
    return scores;
  };

  return {
    tasks: [...byName.keys()],
    plainFeatures: (task) => inTurn(() => plainOf(task)),
    features: (task, updates) => inTurn(() => adaptedOf(task, updates)),
    scores: (updates, scoring = {}) =>
      inTurn(() => scoresOf(scoring, (name) => adaptedOf(name, scoring.taskUpdates?.[name] ?? updates))),
    modelFeatures: (task, params) => inTurn(() => modelOf(task, params)),
    modelScores: (params, scoring = {}) => inTurn(() => scoresOf(scoring, (name) => modelOf(name, params))),
    dispose: () =>
      inTurn(async () => {
        byName.clear();
        plain.clear();
        await adapted.dispose();
        await whole?.dispose();
      }),
  };
}

/** Every weight but a classification head, which the features do not see. */
const backboneWeights = ({ params }: BackboneModel): string[] =>
  Object.keys(params).filter((name) => !name.startsWith('head.'));

function assertOptions(tasks: readonly CandidateTask[], batchSize: number): void {
  if (tasks.length === 0) throw new InvalidValueError({ field: 'tasks', expected: 'at least one task', actual: 0 });
  if (!(Number.isInteger(batchSize) && batchSize >= 1))
    throw new InvalidValueError({ field: 'batchSize', expected: 'a whole number from 1', actual: batchSize });
  const names = tasks.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new DuplicateMemberError({ name: twice });
}
