import { basename, dirname, join } from 'node:path';
import { FileFormatError, InvalidValueError } from '@medlego/errors';
import { readSafetensors, type HostTensor, type NamedTensors } from '@medlego/tensors';
import { z } from 'zod';
import { type BackboneConfig } from '../config/backbone-config.ts';
import { parseWith } from '../config/vit-config.ts';
import { importBackbone, type ImportedBackbone } from '../formats/import-backbone.ts';
import { type StatedTower } from '../formats/open-clip/import-open-clip.ts';
import { importMelo } from '../formats/melo.ts';
import { importPeft, type ImportedAdapter } from '../formats/import-peft.ts';
import { locateImport, type ImportLocation } from './locate.ts';
import { readJson } from './read-json.ts';

/**
 * Reads a backbone: a timm or open_clip `.safetensors` with its `.json` beside it, a timm, Hugging Face or open_clip folder, sharded or
 * not.
 *
 * @param stated what a CLIP's files do not say
 * @throws InvalidValueError if the path is an adapter, UnsafeFormatError for pickles, what `importBackbone` throws
 */
export async function readBackbone(path: string, stated?: StatedTower): Promise<ImportedBackbone> {
  const location = await locateImport(path);
  if (location.kind !== 'backbone')
    throw new InvalidValueError({ field: path, expected: 'a backbone', actual: `an adapter (${location.format})` });
  const { file, sharded, configFile, preprocessorFile, source } = location;
  return importBackbone({
    tensors: sharded ? await readShards(file) : (await readSafetensors(file)).tensors,
    config: configFile && (await readJson(configFile, 'a model configuration')),
    preprocessor: preprocessorFile && (await readJson(preprocessorFile, 'a preprocessor configuration')),
    source,
    ...(stated && { stated }),
  });
}

export interface ReadAdapterOptions {
  /** Of the backbone that the adapter will run on. */
  readonly config: BackboneConfig;
  /** For MeLo files whose name does not say alpha. */
  readonly alpha?: number;
}

/**
 * Reads an adapter: a PEFT folder or a MeLo file.
 * @throws InvalidValueError if the path is a backbone, UnsafeFormatError for pickles, what `importPeft` and `importMelo` throw
 */
export async function readAdapter(path: string, { config, alpha }: ReadAdapterOptions): Promise<ImportedAdapter> {
  const location: ImportLocation = await locateImport(path);
  if (location.kind !== 'adapter')
    throw new InvalidValueError({ field: path, expected: 'an adapter', actual: 'a backbone' });
  if (location.format === 'melo')
    return importMelo(config, {
      tensors: (await readSafetensors(location.file)).tensors,
      fileName: basename(location.file),
      ...(alpha !== undefined && { alpha }),
    });
  return importPeft(config, {
    tensors: (await readSafetensors(join(location.folder, 'adapter_model.safetensors'))).tensors,
    adapterConfig: await readJson(join(location.folder, 'adapter_config.json'), 'an adapter configuration'),
    source: location.source,
  });
}

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/** Tensors of all files that an index names; each must be where the index says. */
async function readShards(indexFile: string): Promise<NamedTensors> {
  const { weight_map: map } = parseWith(indexSchema, await readJson(indexFile, 'an index of tensor files'), indexFile);
  const tensors: Record<string, HostTensor> = {};
  for (const file of [...new Set(Object.values(map))].sort()) {
    if (basename(file) !== file || !file.endsWith('.safetensors'))
      throw new InvalidValueError({
        field: `${indexFile}: weight_map`,
        expected: 'names of .safetensors files in the same folder',
        actual: file,
      });
    const shard = (await readSafetensors(join(dirname(indexFile), file))).tensors;
    for (const [name, tensor] of Object.entries(shard)) {
      if (map[name] !== file)
        throw new FileFormatError({
          file: join(dirname(indexFile), file),
          expected: `the tensors that ${basename(indexFile)} names`,
          actual: `${name} as well`,
        });
      tensors[name] = tensor;
    }
  }
  const missing = Object.keys(map).find((name) => !tensors[name]);
  if (missing)
    throw new FileFormatError({ file: indexFile, expected: `${missing} in ${map[missing]}`, actual: 'no such tensor' });
  return tensors;
}
