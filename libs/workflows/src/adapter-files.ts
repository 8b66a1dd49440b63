import {
  generalistFiles,
  jsonFile,
  specialistFiles,
  type ArtifactStore,
  type FileSource,
  type StoredArtifact,
} from '@medlego/artifacts';
import type { AdapterUpdates } from '@medlego/linalg';
import { encodeSafetensors, parseSafetensors, type NamedTensors } from '@medlego/tensors';
import type { AdapterModel } from '@medlego/training';
import { adapterFromUpdates, exportPeft, importPeft, parseAdapterSpec, type BackboneConfig } from '@medlego/vit';

/** Weights of a specialist of kind `full`; PEFT has no file for them. */
export const fullModelFile = 'model.safetensors';

/** An adapter as PEFT stores it; `full` as a whole model, `head-only` as nothing. */
export function adapterFiles(config: BackboneConfig, adapter: AdapterModel): Record<string, FileSource> {
  const { kind } = adapter.spec;
  if (kind === 'head-only' || Object.keys(adapter.tensors).length === 0) return {};
  if (kind === 'full') return { [fullModelFile]: encodeSafetensors(adapter.tensors, { format: 'pt' }) };
  const bundle = exportPeft({ config, adapter }, { type: kind === 'lora' ? 'lora' : 'adalora' });
  return {
    [specialistFiles.adapterConfig]: jsonFile(bundle.json[specialistFiles.adapterConfig]),
    [specialistFiles.adapter]: encodeSafetensors(bundle.tensors[specialistFiles.adapter]!, { format: 'pt' }),
  };
}

/** Where a generalist keeps what a method that is told the task puts in the place of the shared adapter. */
const taskFolder = (task: string): string => `adapters/${task}`;

/** The whole adapters of methods that need the task at inference, a PEFT folder per task. */
export function taskAdapterFiles(
  config: BackboneConfig,
  taskUpdates: Readonly<Record<string, AdapterUpdates>>,
): Record<string, FileSource> {
  return Object.fromEntries(
    Object.entries(taskUpdates).flatMap(([task, updates]) =>
      Object.entries(adapterFiles(config, adapterFromUpdates(updates))).map(([file, source]) => [
        `${taskFolder(task)}/${file}`,
        source,
      ]),
    ),
  );
}

export const headFile = (head: NamedTensors): Uint8Array => encodeSafetensors(head, { format: 'pt' });

async function readTensors(store: ArtifactStore, artifact: StoredArtifact, file: string): Promise<NamedTensors> {
  return parseSafetensors(await store.readFile(artifact, file), `${artifact.digest} ${file}`).tensors;
}

/**
 * The adapter of a specialist or generalist; null where it has none (`head-only`, or a merge that came out as zero).
 * @param task of a generalist whose method is told the task (`emr`): the adapter for it; everywhere else all tasks share one
 */
export async function readAdapterFiles(
  store: ArtifactStore,
  artifact: StoredArtifact,
  config: BackboneConfig,
  task?: string,
): Promise<AdapterModel | null> {
  const { files } = artifact.manifest;
  const own = task === undefined ? undefined : `${taskFolder(task)}/`;
  const folder = own !== undefined && files[`${own}${specialistFiles.adapter}`] ? own : '';
  if (files[fullModelFile])
    return { spec: parseAdapterSpec({ kind: 'full' }), tensors: await readTensors(store, artifact, fullModelFile) };
  const [adapter, adapterConfig] = [`${folder}${specialistFiles.adapter}`, `${folder}${specialistFiles.adapterConfig}`];
  if (!files[adapter]) return null;
  const { spec, tensors } = importPeft(config, {
    tensors: await readTensors(store, artifact, adapter),
    adapterConfig: JSON.parse(new TextDecoder().decode(await store.readFile(artifact, adapterConfig))),
    source: artifact.digest,
  });
  return { spec, tensors };
}

/** Whether a generalist's answers depend on being told the task. */
export const needsTask = ({ manifest }: StoredArtifact): boolean =>
  manifest.tasks.some(({ name }) => manifest.files[`${taskFolder(name)}/${specialistFiles.adapter}`]);

/** The head of one task of a specialist or generalist. */
export const readHead = (store: ArtifactStore, artifact: StoredArtifact, task: string): Promise<NamedTensors> =>
  readTensors(
    store,
    artifact,
    artifact.manifest.kind === 'specialist' ? specialistFiles.head : generalistFiles.head(task),
  );
