import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileFormatError, FileNotFoundError, InvalidValueError, UnsafeFormatError } from '@medlego/errors';
import { writeSafetensors, type NamedTensors } from '@medlego/tensors';
import { parseAdapterSpec } from '../adapters/adapter-spec.ts';
import { initAdapter } from '../adapters/init-adapter.ts';
import { parseVitConfig } from '../config/vit-config.ts';
import { exportHf, exportTimm } from '../formats/export-backbone.ts';
import { exportPeft } from '../formats/export-peft.ts';
import { exportMelo } from '../formats/melo.ts';
import { initHead, initParams } from '../params/init-params.ts';
import { golden } from '../../tests/support.ts';
import { locateImport } from './locate.ts';
import { readAdapter, readBackbone } from './read-import.ts';
import { writeBundle } from './write-bundle.ts';

const config = parseVitConfig({ imgSize: 8, patchSize: 4, embedDim: 12, depth: 2, numHeads: 3, mlpRatio: 2 });
const params = initParams(config, 0);
const head = initHead(config, 3, 1);
const spec = parseAdapterSpec({ kind: 'lora' });
const adapter = { spec, tensors: initAdapter(config, spec, { seed: 0 }) };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vit-io-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('readBackbone', () => {
  it('reads the golden timm file with its JSON beside it, and the Hugging Face folders', async (context) => {
    for (const [path, family] of [
      ['timm.safetensors', 'timm'],
      ['hf4', 'hf4'],
      ['hf5', 'hf5'],
    ] as const) {
      const read = await readBackbone(golden(context, 'models', 'rgb', path));
      expect(read.family).toBe(family);
      expect(read.config).toMatchObject({ embedDim: 64, numHeads: 2, depth: 2 });
      expect(read.config).toMatchObject({ layerNormEps: family === 'timm' ? 1e-6 : 1e-12 });
    }
  });

  it('reads what was written, as a folder or as one file with its configuration beside it', async () => {
    await writeBundle(exportTimm({ config, params, head }), join(folder, 'as-folder'));
    expect((await readdir(folder)).sort()).toEqual(['as-folder']);
    const written = await writeBundle(exportTimm({ config, params, head }), join(folder, 'file.safetensors'));
    expect(written).toEqual([join(folder, 'file.safetensors'), join(folder, 'file.json')]);
    for (const path of ['as-folder', 'as-folder/model.safetensors', 'file.safetensors']) {
      const read = await readBackbone(join(folder, path));
      expect(read.config).toEqual(config);
      expect(read.params).toEqual(params);
      expect(read.head).toEqual(head);
    }
  });

  it('reads a sharded folder by its index, whole or by the path of the index', async () => {
    const { tensors, json } = exportHf({ config, params, head });
    const [first, second]: Record<string, NamedTensors[string]>[] = [{}, {}];
    const map: Record<string, string> = {};
    Object.entries(tensors['model.safetensors']!).forEach(([name, tensor], i) => {
      (i % 2 === 0 ? first! : second!)[name] = tensor;
      map[name] = `model-0000${1 + (i % 2)}-of-00002.safetensors`;
    });
    await writeSafetensors(join(folder, 'model-00001-of-00002.safetensors'), first!);
    await writeSafetensors(join(folder, 'model-00002-of-00002.safetensors'), second!);
    await writeFile(join(folder, 'config.json'), JSON.stringify(json['config.json']));
    const index = join(folder, 'model.safetensors.index.json');
    await writeFile(index, JSON.stringify({ metadata: {}, weight_map: map }));
    for (const path of [folder, index]) expect((await readBackbone(path)).params).toEqual(params);

    await writeFile(index, JSON.stringify({ weight_map: { ...map, extra: 'model-00001-of-00002.safetensors' } }));
    await expect(readBackbone(folder)).rejects.toThrow('extra');
    await writeFile(index, JSON.stringify({ weight_map: { a: '../elsewhere.safetensors' } }));
    await expect(readBackbone(folder)).rejects.toThrow(InvalidValueError);
    await writeFile(index, JSON.stringify({ weight_map: { a: 'model-00001-of-00002.safetensors' } }));
    await expect(readBackbone(folder)).rejects.toThrow(FileFormatError);
  });

  it.each(['pytorch_model.bin', 'model.pth', 'weights.pkl'])(
    'refuses the pickle %s with advice, alone or in a folder',
    async (name) => {
      await writeFile(join(folder, name), 'anything');
      for (const path of [folder, join(folder, name)]) {
        await expect(readBackbone(path)).rejects.toThrow(UnsafeFormatError);
        await expect(readBackbone(path)).rejects.toThrow('safetensors.torch.save_file');
      }
    },
  );

  it('refuses what is not there, not readable as JSON or something else', async () => {
    await expect(readBackbone(join(folder, 'none'))).rejects.toThrow(FileNotFoundError);
    await expect(readBackbone(folder)).rejects.toThrow(FileNotFoundError);
    await writeFile(join(folder, 'notes.txt'), 'text');
    await expect(readBackbone(join(folder, 'notes.txt'))).rejects.toThrow(FileFormatError);
    await writeBundle(exportTimm({ config, params }), join(folder, 'model'));
    await writeFile(join(folder, 'model', 'config.json'), '{');
    await expect(readBackbone(join(folder, 'model'))).rejects.toThrow(FileFormatError);
    await writeFile(join(folder, 'model', 'model.safetensors'), 'truncated');
    await expect(readBackbone(join(folder, 'model'))).rejects.toThrow(FileFormatError);
  });
});

describe('readAdapter', () => {
  it('reads a PEFT folder and a MeLo file as they were written', async () => {
    await writeBundle(exportPeft({ config, adapter, head }, { type: 'lora' }), join(folder, 'peft'));
    const [melo] = await writeBundle(exportMelo({ config, adapter, head }), join(folder, 'x_lora_4_4.safetensors'));
    for (const [path, format] of [
      [join(folder, 'peft'), 'peft-lora'],
      [join(folder, 'peft', 'adapter_model.safetensors'), 'peft-lora'],
      [melo!, 'melo'],
    ] as const) {
      const read = await readAdapter(path, { config });
      expect(read.format).toBe(format);
      expect(read.tensors).toEqual(adapter.tensors);
      expect(read.head).toEqual(head);
    }
  });

  it('tells adapters and backbones apart', async () => {
    await writeBundle(exportPeft({ config, adapter }, { type: 'lora' }), join(folder, 'peft'));
    await writeBundle(exportHf({ config, params }), join(folder, 'hf'));
    expect((await locateImport(join(folder, 'peft'))).kind).toBe('adapter');
    expect((await locateImport(join(folder, 'hf'))).kind).toBe('backbone');
    await expect(readBackbone(join(folder, 'peft'))).rejects.toThrow('expected a backbone');
    await expect(readAdapter(join(folder, 'hf'), { config })).rejects.toThrow('expected an adapter');
  });

  it('refuses a PEFT folder whose tensors are a pickle', async () => {
    await writeFile(join(folder, 'adapter_config.json'), '{}');
    await writeFile(join(folder, 'adapter_model.bin'), 'anything');
    await expect(readAdapter(folder, { config })).rejects.toThrow(UnsafeFormatError);
  });
});

describe('writeBundle', () => {
  it('replaces the files of a folder that is there, and keeps its others', async () => {
    const target = join(folder, 'hf');
    await mkdir(target);
    await writeFile(join(target, 'README.md'), 'mine');
    await writeBundle(exportHf({ config, params }), target);
    expect((await readdir(target)).sort()).toEqual(['README.md', 'config.json', 'model.safetensors']);
  });

  it('refuses to put a format of several files into one', async () => {
    const peft = exportPeft({ config, adapter }, { type: 'lora' });
    await expect(writeBundle(peft, join(folder, 'a.safetensors'))).rejects.toThrow('a folder');
    expect(await readdir(folder)).toEqual([]);
  });

  it('leaves nothing behind where it cannot write', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(writeBundle(exportTimm({ config, params }), join(folder, 'file', 'below'))).rejects.toThrow(
      FileNotFoundError,
    );
    expect(await readdir(folder)).toEqual(['file']);
  });
});
