import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { jsonFile, specialistFiles, type ArtifactStore, type StoredArtifact } from '@medlego/artifacts';
import { parsePreprocessSpec, requireSplit, type Dataset, type PreprocessInput } from '@medlego/data';
import type { Engine } from '@medlego/engine';
import { InvalidValueError } from '@medlego/errors';
import { parseTask, type Task } from '@medlego/tasks';
import { assertFinite, readSafetensors, type NamedTensors } from '@medlego/tensors';
import { assertHead, computeFeatures, solveProbe, splitImages, type AdapterModel } from '@medlego/training';
import { featureDim, locateImport, readAdapter, readBackbone, type StatedTower } from '@medlego/vit';
import { adapterFiles, headFile } from './adapter-files.ts';
import { storeBackbone, type NamedBackbone } from './backbones.ts';
import { creator } from './creator.ts';
import { assertUsualNorms } from './screen-specialist.ts';

export interface ImportOptions {
  readonly store: ArtifactStore;
  readonly path: string;
  /** Name in the store; default: the last part of the path. */
  readonly name?: string;
  /** For a backbone: replaces what its files say, or fills in what they do not say. */
  readonly preprocess?: Partial<Omit<PreprocessInput, 'imgSize'>>;
  readonly licence?: string;
  /** For the visual tower of a CLIP: what its files do not say. */
  readonly tower?: StatedTower;
  /** For an adapter: the backbone that it was trained on. */
  readonly backbone?: () => Promise<NamedBackbone>;
  /** For an adapter that does not say what its head answers, or has no head: then one is solved on this data. */
  readonly dataset?: (backbone: NamedBackbone) => Promise<Dataset>;
  /** Computes the features on which a missing head is solved. */
  readonly engine?: () => Promise<Engine>;
  readonly alpha?: number;
  /** Take updates that are larger than the weights they change. */
  readonly force?: boolean;
}

export interface Imported {
  readonly artifact: StoredArtifact;
  readonly name: string;
  readonly format: string;
  readonly warnings: readonly string[];
}

/** Brings a backbone or an adapter into the store; finds out by itself which of them a path is, and by whose names. */
export async function importPath(options: ImportOptions): Promise<Imported> {
  const location = await locateImport(options.path);
  const name = options.name ?? defaultName(options.path);
  return location.kind === 'backbone' ? importBackbone(options, name) : importSpecialist(options, name);
}

const defaultName = (path: string): string =>
  basename(path.replace(/[\\/]+$/, ''))
    .replace(/\.safetensors$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9._-]/g, '-');

async function importBackbone(options: ImportOptions, name: string): Promise<Imported> {
  const { store, path, licence, tower } = options;
  const { config, params, preprocess, family, warnings } = await readBackbone(path, tower);
  const spec = parsePreprocessSpec({ ...preprocess, ...options.preprocess, imgSize: config.imgSize });
  const assumed =
    preprocess || options.preprocess?.mean
      ? []
      : ['The files do not say how images are normalised: mean and std 0.5 are assumed.'];
  const artifact = await storeBackbone(store, {
    name,
    config,
    params,
    preprocess: spec,
    origin: basename(path),
    licence,
  });
  return { artifact, name, format: family, warnings: [...warnings, ...assumed] };
}

async function importSpecialist(options: ImportOptions, name: string): Promise<Imported> {
  const { store, path, alpha } = options;
  if (!options.backbone)
    throw new InvalidValueError({
      field: 'backbone',
      expected: 'the backbone that the adapter was trained on',
      actual: 'none',
    });
  const backbone = await options.backbone();
  const adapter = await readAdapter(path, { config: backbone.config, alpha });
  const dataset = await options.dataset?.(backbone);
  const ownHead = adapter.head ?? (await besideHead(path));
  const model: AdapterModel = { spec: adapter.spec, tensors: adapter.tensors };
  if (!options.force) assertUsualNorms(backbone, model);
  const head = ownHead ?? (await solvedHead(options, backbone, model, dataset));
  const labels = head['head.weight']?.shape[0] ?? 0;
  const { task, notice } = await taskOf(path, name, labels, dataset);
  assertHead(head, task.labels.length, featureDim(backbone.config));
  for (const [tensor, value] of Object.entries(head)) assertFinite(tensor, value);
  const artifact = await store.put(
    {
      kind: 'specialist',
      backbone: backbone.digest as `sha256:${string}`,
      tasks: [task],
      files: {
        ...adapterFiles(backbone.config, model),
        [specialistFiles.head]: headFile(head),
        [specialistFiles.task]: jsonFile(task),
      },
      config: {
        imported: { format: adapter.format, baseModel: adapter.baseModel ?? null, head: ownHead ? 'file' : 'solved' },
        backbone: { name: backbone.name },
        ...(dataset && { dataset: { digest: dataset.digest } }),
      },
      licences: [task.licence],
      nonCommercial: task.nonCommercial,
      creator,
    },
    { name },
  );
  return { artifact, name, format: adapter.format, warnings: [...adapter.warnings, ...notice] };
}

/** The head of a specialist's folder as our store exports it. */
async function besideHead(path: string): Promise<NamedTensors | undefined> {
  const file = join(path, specialistFiles.head);
  return existsSync(file) ? (await readSafetensors(file)).tensors : undefined;
}

async function solvedHead(
  { engine, path }: ImportOptions,
  backbone: NamedBackbone,
  adapter: AdapterModel,
  dataset: Dataset | undefined,
): Promise<NamedTensors> {
  if (!dataset || !engine)
    throw new InvalidValueError(
      { field: 'head', expected: `a head in ${path}, or data to solve one on`, actual: 'neither' },
      { hint: 'Name the task with --task DATA: a linear head is solved on its training images.' },
    );
  const opened = await engine();
  const featuresOf = async (name: 'train' | 'val') => {
    const split = requireSplit(dataset, name);
    const features = await computeFeatures(opened, backbone, splitImages(split, backbone.preprocess), { adapter });
    return { count: split.count, labels: split.labels, labelWidth: split.labelWidth, features };
  };
  return solveProbe({ task: dataset.task, train: await featuresOf('train'), val: await featuresOf('val') }).head;
}

async function taskOf(
  path: string,
  name: string,
  labels: number,
  dataset: Dataset | undefined,
): Promise<{ task: Task; notice: readonly string[] }> {
  const file = join(path, specialistFiles.task);
  if (dataset) return { task: dataset.task, notice: [] };
  if (existsSync(file)) return { task: parseTask(JSON.parse(await readFile(file, 'utf8')), file), notice: [] };
  const task = parseTask({
    name: name.replace(/[^a-z0-9_-]/g, '-'),
    kind: 'multi-class',
    labels: Array.from({ length: labels }, (_, label) => String(label)),
  });
  return {
    task,
    notice: [
      `Nothing says what the ${labels} outputs mean: they are called 0 to ${labels - 1}. Name them with --task DATA.`,
    ],
  };
}
