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
import { readAdapterFiles, readHead } from './adapter-files.ts';
import type { NamedBackbone } from './backbones.ts';
import { probeHeadFile } from './train-task.ts';

/** The rows that an artifact can be held against. */
export const comparisonRows = ['specialist', 'unadapted', 'probe', 'majority'] as const;
export type ComparisonRow = (typeof comparisonRows)[number];
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
  readonly retention: ReturnType<typeof retention> | null;
  readonly gainKept: ReturnType<typeof gainKept> | null;
}

/** Scores a specialist or generalist on its tasks, beside the rows that say what the figures are worth. */
export async function evaluateArtifact(options: EvaluateOptions): Promise<EvaluatedArtifact> {
  const { engine, store, backbone, split: splitName, against, seed = 0 } = options;
  const artifact = await store.get(options.ref, { kind: ['specialist', 'generalist'] });
  const isGeneralist = artifact.manifest.kind === 'generalist';
  const adapter = await readAdapterFiles(store, artifact, backbone.config);
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
    const specialist = isGeneralist ? members.get(task.name)! : artifact;
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
    const cases: Partial<Record<RowName, CasesInput>> = {};
    cases[isGeneralist ? 'generalist' : 'specialist'] = casesOf(await featuresOf(adapter), head);
    if (isGeneralist && against.includes('specialist')) {
      const own = await readAdapterFiles(store, specialist, backbone.config);
      cases.specialist = casesOf(await featuresOf(own), await readHead(store, specialist, task.name));
    }
    const plain = against.includes('unadapted') || against.includes('probe') ? await featuresOf(null) : null;
    if (plain && against.includes('unadapted')) cases.unadapted = casesOf(plain, head);
    if (plain && against.includes('probe') && specialist.manifest.files[probeHeadFile]) {
      const bytes = await store.readFile(specialist, probeHeadFile);
      cases.probe = casesOf(plain, parseSafetensors(bytes, probeHeadFile).tensors);
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
    retention: kept.length > 0 ? retention(kept) : null,
    gainKept: kept.length > 0 ? gainKept(kept) : null,
  };
}
