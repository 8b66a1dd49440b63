import {
  generalistFiles,
  jsonFile,
  specialistFiles,
  type ArtifactStore,
  type FileSource,
  type StoredArtifact,
} from '@medlego/artifacts';
import { encodeSafetensors, parseSafetensors, type NamedTensors } from '@medlego/tensors';
import type { AdapterModel } from '@medlego/training';
import { exportPeft, importPeft, parseAdapterSpec, type VitConfig } from '@medlego/vit';

/** Weights of a specialist of kind `full`; PEFT has no file for them. */
const fullModelFile = 'model.safetensors';

/** An adapter as PEFT stores it; `full` as a whole model, `head-only` as nothing. */
export function adapterFiles(config: VitConfig, adapter: AdapterModel): Record<string, FileSource> {
  const { kind } = adapter.spec;
  if (kind === 'head-only' || Object.keys(adapter.tensors).length === 0) return {};
  if (kind === 'full') return { [fullModelFile]: encodeSafetensors(adapter.tensors, { format: 'pt' }) };
  const bundle = exportPeft({ config, adapter }, { type: kind === 'lora' ? 'lora' : 'adalora' });
  return {
    [specialistFiles.adapterConfig]: jsonFile(bundle.json[specialistFiles.adapterConfig]),
    [specialistFiles.adapter]: encodeSafetensors(bundle.tensors[specialistFiles.adapter]!, { format: 'pt' }),
  };
}

export const headFile = (head: NamedTensors): Uint8Array => encodeSafetensors(head, { format: 'pt' });

async function readTensors(store: ArtifactStore, artifact: StoredArtifact, file: string): Promise<NamedTensors> {
  return parseSafetensors(await store.readFile(artifact, file), `${artifact.digest} ${file}`).tensors;
}

/** The adapter of a specialist or generalist; null where it has none (`head-only`, or a merge that came out as zero). */
export async function readAdapterFiles(
  store: ArtifactStore,
  artifact: StoredArtifact,
  config: VitConfig,
): Promise<AdapterModel | null> {
  const { files } = artifact.manifest;
  if (files[fullModelFile])
    return { spec: parseAdapterSpec({ kind: 'full' }), tensors: await readTensors(store, artifact, fullModelFile) };
  if (!files[specialistFiles.adapter]) return null;
  const { spec, tensors } = importPeft(config, {
    tensors: await readTensors(store, artifact, specialistFiles.adapter),
    adapterConfig: JSON.parse(new TextDecoder().decode(await store.readFile(artifact, specialistFiles.adapterConfig))),
    source: artifact.digest,
  });
  return { spec, tensors };
}

/** The head of one task of a specialist or generalist. */
export const readHead = (store: ArtifactStore, artifact: StoredArtifact, task: string): Promise<NamedTensors> =>
  readTensors(
    store,
    artifact,
    artifact.manifest.kind === 'specialist' ? specialistFiles.head : generalistFiles.head(task),
  );
