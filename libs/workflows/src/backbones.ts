import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { backboneFiles, jsonFile, type ArtifactStore, type Json, type StoredArtifact } from '@medlego/artifacts';
import { parsePreprocessSpec, type PreprocessSpec } from '@medlego/data';
import { AppError, ArtifactNotFoundError, FileFormatError } from '@medlego/errors';
import { digestTensors, encodeSafetensors, parseSafetensors, type NamedTensors } from '@medlego/tensors';
import type { Backbone } from '@medlego/training';
import { assertParams, isResnet, parseBackboneConfig, type BackboneConfig } from '@medlego/vit';
import { creator } from './creator.ts';

/** A backbone by the name under which it was asked for. */
export interface NamedBackbone extends Backbone {
  readonly name: string;
}

export interface BackboneDraft {
  readonly name: string;
  readonly config: BackboneConfig;
  readonly params: NamedTensors;
  readonly preprocess: PreprocessSpec;
  /** Where the weights come from, in words or as an address. */
  readonly origin: string;
  readonly licence?: string;
}

/** Stores a backbone and points its name at it. The backbone's identity is the digest of its weights. */
export async function storeBackbone(store: ArtifactStore, draft: BackboneDraft): Promise<StoredArtifact> {
  const { name, config, params, preprocess, origin, licence = 'unknown' } = draft;
  assertParams(config, params);
  return store.put(
    {
      kind: 'backbone',
      backbone: digestTensors(params),
      files: {
        [backboneFiles.model]: encodeSafetensors(params, { format: 'pt' }),
        [backboneFiles.config]: jsonFile({ config, preprocess }),
      },
      config: {
        [isResnet(config) ? 'resnet' : 'vit']: config as unknown as Json,
        preprocess: preprocess as unknown as Json,
        origin,
      },
      licences: [licence],
      creator,
    },
    { name },
  );
}

/** Makes sure that a backbone which came with the sources is in the store, so that the lineage of what is made on it is whole. */
export async function keepBackbone(store: ArtifactStore, backbone: NamedBackbone): Promise<StoredArtifact> {
  const stored = (await store.list({ kind: 'backbone' })).find(({ manifest }) => manifest.backbone === backbone.digest);
  return stored ?? storeBackbone(store, { ...backbone, origin: `models/${backbone.name}` });
}

/**
 * Opens a backbone by its name or digest in the store, else from `models/<name>/` beside the sources.
 *
 * @param modelFolders folders that hold backbones as folders of their name
 * @throws ArtifactNotFoundError; FileFormatError, CorruptBlobError for damaged files
 */
export async function openBackbone(
  store: ArtifactStore,
  ref: string,
  modelFolders: readonly string[] = [],
): Promise<NamedBackbone> {
  const folder = modelFolders
    .map((parent) => join(parent, ref))
    .find((path) => existsSync(join(path, backboneFiles.model)));
  const stored = await store.get(ref, { kind: 'backbone' }).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'artifact_not_found' && folder) return null;
    throw error;
  });
  if (stored) {
    const [model, config] = await Promise.all([
      store.readFile(stored, backboneFiles.model),
      store.readFile(stored, backboneFiles.config),
    ]);
    return parseBackbone(ref, model, config);
  }
  const [model, config] = await Promise.all([
    readFile(join(folder!, backboneFiles.model)),
    readFile(join(folder!, backboneFiles.config)),
  ]);
  return parseBackbone(ref, model, config);
}

/** Opens the backbone that an artifact was made on, by the digest of its weights. */
export async function openBackboneByDigest(
  store: ArtifactStore,
  digest: string,
  modelFolders: readonly string[],
  names: readonly string[] = ['vit-nano'],
): Promise<NamedBackbone> {
  for (const { manifest, digest: artifact, names: known } of await store.list({ kind: 'backbone' }))
    if (manifest.backbone === digest)
      return { ...(await openBackbone(store, artifact, modelFolders)), name: known[0] ?? artifact };
  for (const name of names) {
    const backbone = await openBackbone(store, name, modelFolders).catch(() => null); // absent: the error below says so
    if (backbone?.digest === digest) return backbone;
  }
  throw new ArtifactNotFoundError({ ref: digest, wanted: 'backbone', known: [] });
}

function parseBackbone(name: string, model: Uint8Array, configBytes: Uint8Array): NamedBackbone {
  const { tensors } = parseSafetensors(model, `${name} ${backboneFiles.model}`);
  let document: { config?: unknown; preprocess?: unknown };
  try {
    document = JSON.parse(new TextDecoder().decode(configBytes)) as typeof document;
  } catch (cause) {
    throw new FileFormatError(
      { file: `${name} ${backboneFiles.config}`, expected: 'JSON', actual: 'something else' },
      { cause },
    );
  }
  const config = parseBackboneConfig(document.config);
  assertParams(config, tensors);
  return {
    name,
    config,
    params: tensors,
    preprocess: parsePreprocessSpec(document.preprocess ?? { imgSize: config.imgSize }),
    digest: digestTensors(tensors),
  };
}
