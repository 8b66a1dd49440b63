import { join } from 'node:path';
import { jsonFile, openArtifactStore, specialistFiles, type ArtifactStore } from '@medlego/artifacts';
import { parsePreprocessSpec } from '@medlego/data';
import { parseTask } from '@medlego/tasks';
import { digestTensors, encodeSafetensors, float32, type NamedTensors } from '@medlego/tensors';
import {
  exportPeft,
  initAdapter,
  initHead,
  initParams,
  parseAdapterSpec,
  presetConfig,
  RandomStream,
  type VitConfig,
} from '@medlego/vit';
import { exportArtifact, keepBackbone, type NamedBackbone } from '@medlego/workflows';

export const names = ['first', 'second'] as const;

export interface StoredModels {
  readonly store: ArtifactStore;
  readonly config: VitConfig;
  /** The first model as an ONNX file. */
  readonly graph: string;
}

/** A store with two specialists on one backbone, random weights: what they know costs no time. */
export async function storeModels(folder: string, preset: 'vit-nano' | 'vit_base_patch16_224'): Promise<StoredModels> {
  const config = presetConfig(preset);
  const params = initParams(config, 0);
  const preprocess = parsePreprocessSpec({ imgSize: config.imgSize });
  const backbone: NamedBackbone = { name: preset, config, params, digest: digestTensors(params), preprocess };
  const store = await openArtifactStore({ root: join(folder, 'store') });
  await keepBackbone(store, backbone);
  for (const [seed, name] of names.entries()) await storeSpecialist(store, backbone, config, name, seed);
  const graph = join(folder, 'first.onnx');
  await exportArtifact({ store, backbone, artifact: await store.get('first'), format: 'onnx', path: graph });
  return { store, config, graph };
}

async function storeSpecialist(
  store: ArtifactStore,
  { digest }: NamedBackbone,
  config: VitConfig,
  name: string,
  seed: number,
) {
  const labels = Array.from({ length: 8 }, (_, i) => `label ${i}`);
  const task = parseTask({ name, kind: 'multi-class', labels, licence: 'CC0 1.0' });
  const spec = parseAdapterSpec({ kind: 'svd-lora', rank: 4 });
  const fresh = initAdapter(config, spec, { seed, params: initParams({ ...config, depth: 1 }, 0) });
  const tensors: NamedTensors = Object.fromEntries(
    Object.entries(fresh).map(([key, { shape, data }]) => [
      key,
      key.endsWith('.lora_E') ? float32(shape, new RandomStream(seed, key).normals(data.length, 1)) : fresh[key]!,
    ]),
  );
  const bundle = exportPeft({ config, adapter: { spec, tensors } }, { type: 'adalora' });
  await store.put(
    {
      kind: 'specialist',
      backbone: digest as `sha256:${string}`,
      tasks: [task],
      files: {
        [specialistFiles.adapterConfig]: jsonFile(bundle.json[specialistFiles.adapterConfig]),
        [specialistFiles.adapter]: encodeSafetensors(bundle.tensors[specialistFiles.adapter]!, { format: 'pt' }),
        [specialistFiles.head]: encodeSafetensors(initHead(config, labels.length, seed), { format: 'pt' }),
        [specialistFiles.task]: jsonFile(task),
      },
      licences: ['CC0 1.0'],
      creator: { name: 'medlego-bench', version: '0.1.0' },
    },
    { name },
  );
}
