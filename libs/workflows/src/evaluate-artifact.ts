import type { ArtifactStore, StoredArtifact } from '@medlego/artifacts';
import { requireSplit, type Dataset, type SplitName } from '@medlego/data';
import type { Engine } from '@medlego/engine';
import {
  baselineScores,
  compare,
  evaluateScores,
  gainKept,
  retention,
  type CasesInput,
  type Comparison,
  type Evaluation,
  type TaskScores,
} from '@medlego/metrics';
import type { Task } from '@medlego/tasks';
import { parseSafetensors, type NamedTensors } from '@medlego/tensors';
import { applyHead, computeFeatures, splitImages, toScores, type AdapterModel } from '@medlego/training';
import { needsTask, readAdapterFiles, readHead } from './adapter-files.ts';
import type { NamedBackbone } from './backbones.ts';
import type { ComparisonRow } from './comparison-rows.ts';
import { probeFileOf } from './probe-file.ts';
import { probeHeadFile } from './train-task.ts';

export type RowName = 'generalist' | ComparisonRow;

export interface EvaluateOptions {
  readonly engine: Engine;
  readonly store: ArtifactStore;
  readonly backbone: NamedBackbone;
  readonly ref: string;
  readonly split: SplitName;
  readonly against: readonly ComparisonRow[];
  /** Finds the images of a task. */
  readonly dataFor: (task: Task, artifact: StoredArtifact) => Promise<Dataset>;
  readonly seed?: number;
  readonly onTask?: (task: string, index: number, count: number) => void;
}

export interface EvaluatedTask {
  readonly task: Task;
  readonly rows: Readonly<Partial<Record<RowName, Evaluation>>>;
  /** The artifact's scores [n, labels], for samples and comparisons. */
  readonly scores: CasesInput['scores'];
  readonly dataset: Dataset;
  readonly overProbe: Comparison | null;
  readonly overSpecialist: Comparison | null;
  readonly specialistOverProbe: Comparison | null;
}

export interface EvaluatedArtifact {
  readonly artifact: StoredArtifact;
  readonly split: SplitName;
  readonly tasks: readonly EvaluatedTask[];
  /** Tasks whose heads were solved again after the merge, on images: not to be mixed with data-free figures. */
  readonly headsRefitted: readonly string[];
  /** The model was told which task each image belongs to: an upper row, not one model for all tasks. */
  readonly tellsTask: boolean;
  readonly retention: ReturnType<typeof retention> | null;
  readonly gainKept: ReturnType<typeof gainKept> | null;
}

/** Scores a specialist or generalist on its tasks, beside the rows that say what the figures are worth. */
export async function evaluateArtifact(options: EvaluateOptions): Promise<EvaluatedArtifact> {
  const { engine, store, backbone, split: splitName, against, seed = 0 } = options;
  const artifact = await store.get(options.ref, { kind: ['specialist', 'generalist'] });
  const isGeneralist = artifact.manifest.kind === 'generalist';
  const adapter = await readAdapterFiles(store, artifact, backbone.config);
  const tellsTask = needsTask(artifact);
  const members = new Map<string, StoredArtifact>();
  if (isGeneralist)
    for (const { digest, role } of artifact.manifest.parents)
      if (role === 'member') {
        const member = await store.get(digest);
        members.set(member.manifest.tasks[0]!.name, member);
      }
  const tasks: EvaluatedTask[] = [];
  for (const [index, task] of artifact.manifest.tasks.entries()) {
    options.onTask?.(task.name, index, artifact.manifest.tasks.length);
    // A generalist that was trained jointly has no members: its probes and data sets are its own.
    const member = members.get(task.name);
    const specialist = member ?? artifact;
    const dataset = await options.dataFor(task, specialist);
    const split = requireSplit(dataset, splitName);
    const images = splitImages(split, backbone.preprocess);
    const featuresOf = (model: AdapterModel | null) => computeFeatures(engine, backbone, images, { adapter: model });
    const casesOf = (features: Awaited<ReturnType<typeof featuresOf>>, head: NamedTensors): CasesInput => ({
      kind: task.kind,
      labels: split.labels,
      scores: toScores(task.kind, applyHead(features, head)),
    });
    const head = await readHead(store, artifact, task.name);
    const own = tellsTask ? await readAdapterFiles(store, artifact, backbone.config, task.name) : adapter;
    const cases: Partial<Record<RowName, CasesInput>> = {};
    cases[isGeneralist ? 'generalist' : 'specialist'] = casesOf(await featuresOf(own), head);
    if (member && against.includes('specialist')) {
      const trained = await readAdapterFiles(store, member, backbone.config);
      cases.specialist = casesOf(await featuresOf(trained), await readHead(store, member, task.name));
    }
    const plain = against.includes('unadapted') || against.includes('probe') ? await featuresOf(null) : null;
    if (plain && against.includes('unadapted')) cases.unadapted = casesOf(plain, head);
    const probeFile = isGeneralist && !member ? probeFileOf(task.name) : probeHeadFile;
    if (plain && against.includes('probe') && specialist.manifest.files[probeFile]) {
      const bytes = await store.readFile(specialist, probeFile);
      cases.probe = casesOf(plain, parseSafetensors(bytes, probeFile).tensors);
    }
    if (against.includes('majority'))
      cases.majority = {
        kind: task.kind,
        labels: split.labels,
        scores: baselineScores(task.kind, requireSplit(dataset, 'train').labels, task.labels.length, split.count),
      };
    const rows = Object.fromEntries(
      Object.entries(cases).map(([row, input]) => [row, evaluateScores(input, { seed, labelNames: task.labels })]),
    );
    const pair = (a?: CasesInput, b?: CasesInput): Comparison | null => (a && b ? compare(a, b, { seed }) : null);
    tasks.push({
      task,
      rows,
      scores: cases[isGeneralist ? 'generalist' : 'specialist']!.scores,
      dataset,
      overProbe: pair(cases.generalist, cases.probe),
      overSpecialist: pair(cases.generalist, cases.specialist),
      specialistOverProbe: pair(cases.specialist, cases.probe),
    });
  }
  const kept = tasks.flatMap(({ task, rows, specialistOverProbe }): TaskScores[] => {
    const [generalist, specialist, probe] = [rows.generalist, rows.specialist, rows.probe].map(
      (row) => row?.metrics.acc,
    );
    if (generalist == null || specialist == null || probe == null) return [];
    return [
      {
        task: task.name,
        generalist,
        specialist,
        probe,
        specialistOverProbe: specialistOverProbe?.differences.acc?.interval ?? null,
      },
    ];
  });
  return {
    artifact,
    split: splitName,
    tasks,
    headsRefitted: Object.keys((artifact.manifest.config['headsRefitted'] ?? {}) as Record<string, unknown>),
    tellsTask,
    retention: kept.length > 0 ? retention(kept) : null,
    gainKept: kept.length > 0 ? gainKept(kept) : null,
  };
}
