import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { FileFormatError, FileNotFoundError, UnsafeFormatError, toAppError } from '@medlego/errors';
import { readSafetensorsHeader } from '@medlego/tensors';
import { isMelo } from '../formats/melo.ts';

/** What a path holds, before anything but names has been read. */
export type ImportLocation =
  | {
      readonly kind: 'backbone';
      readonly source: string;
      /** One tensor file, or the index of several. */
      readonly file: string;
      readonly sharded: boolean;
      readonly configFile: string | undefined;
      readonly preprocessorFile: string | undefined;
    }
  | { readonly kind: 'adapter'; readonly format: 'peft'; readonly source: string; readonly folder: string }
  | { readonly kind: 'adapter'; readonly format: 'melo'; readonly source: string; readonly file: string };

/** What open_clip calls its files. */
const openClipFiles = { tensors: 'open_clip_model.safetensors', config: 'open_clip_config.json' } as const;

const pickles = new Set(['.bin', '.pt', '.pth', '.pkl', '.pickle', '.ckpt', '.joblib']);

/**
 * Finds out what a path is by names alone: a PEFT folder, a MeLo file, a Hugging Face, timm or open_clip folder (sharded ones too), or
 * a backbone's `.safetensors` with its `.json` beside it.
 *
 * @throws UnsafeFormatError for pickles, FileNotFoundError, FileFormatError if it is none of these
 */
export async function locateImport(path: string): Promise<ImportLocation> {
  const entry = await stat(path).catch((error: unknown) => {
    throw toAppError(error, { path, what: 'the backbone or adapter to import' });
  });
  return entry.isDirectory() ? locateInFolder(path) : locateFile(path);
}

async function locateInFolder(folder: string): Promise<ImportLocation> {
  const files = new Set(
    await readdir(folder).catch((error: unknown) => {
      throw toAppError(error, { path: folder, what: 'the folder to import' });
    }),
  );
  const at = (name: string) => (files.has(name) ? join(folder, name) : undefined);
  if (files.has('adapter_config.json') || files.has('adapter_model.safetensors')) {
    if (!files.has('adapter_model.safetensors')) refusePickle(folder, files);
    return { kind: 'adapter', format: 'peft', source: folder, folder };
  }
  // Hubs keep the same CLIP twice in one folder, by the names of transformers and by those of open_clip; only the latter are read.
  const clip = at(openClipFiles.tensors);
  if (clip)
    return {
      kind: 'backbone',
      source: folder,
      file: clip,
      sharded: false,
      configFile: at(openClipFiles.config) ?? at('config.json'),
      preprocessorFile: undefined,
    };
  const shared = {
    kind: 'backbone' as const,
    source: folder,
    configFile: at(openClipFiles.config) ?? at('config.json'),
    preprocessorFile: at('preprocessor_config.json'),
  };
  const whole = at('model.safetensors');
  if (whole) return { ...shared, file: whole, sharded: false };
  const index = at('model.safetensors.index.json');
  if (index) return { ...shared, file: index, sharded: true };
  const tensorFiles = [...files].filter((name) => name.endsWith('.safetensors'));
  if (tensorFiles.length === 1) return locateFile(join(folder, tensorFiles[0]!), shared.configFile);
  refusePickle(folder, files);
  if (tensorFiles.length === 0)
    throw new FileNotFoundError({
      path: join(folder, 'model.safetensors'),
      what: 'a tensor file of a backbone or adapter',
    });
  throw new FileFormatError({
    file: folder,
    expected: 'model.safetensors, its index, or one tensor file',
    actual: `${tensorFiles.length} tensor files`,
  });
}

async function locateFile(file: string, configFile?: string): Promise<ImportLocation> {
  refusePickle(dirname(file), [basename(file)]);
  if (file.endsWith('.safetensors.index.json')) {
    const folder = await locateInFolder(dirname(file));
    return folder.kind === 'backbone' ? { ...folder, file, sharded: true, source: file } : folder;
  }
  if (extname(file) !== '.safetensors')
    throw new FileFormatError({ file, expected: 'a .safetensors file or a folder', actual: basename(file) });
  if (basename(file) === 'adapter_model.safetensors')
    return { kind: 'adapter', format: 'peft', source: dirname(file), folder: dirname(file) };
  const names = Object.keys((await readSafetensorsHeader(file)).tensors);
  if (isMelo(names)) return { kind: 'adapter', format: 'melo', source: file, file };

  const beside = `${file.slice(0, -'.safetensors'.length)}.json`;
  const near = [join(dirname(file), openClipFiles.config), join(dirname(file), 'config.json')];
  const [own, ...found] = await Promise.all([beside, ...near].map(isFile));
  const shared = near.find((_, i) => found[i]);
  const preprocessor = join(dirname(file), 'preprocessor_config.json');
  return {
    kind: 'backbone',
    source: file,
    file,
    sharded: false,
    configFile: own ? beside : (configFile ?? shared),
    preprocessorFile: (await isFile(preprocessor)) ? preprocessor : undefined,
  };
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (entry) => entry.isFile(),
    () => false, // absent: the backbone is then read without it
  );

/** A pickle runs code while it is read; it is named, and not opened. */
function refusePickle(folder: string, names: Iterable<string>): void {
  const name = [...names].find((candidate) => pickles.has(extname(candidate)));
  if (name)
    throw new UnsafeFormatError(
      { file: join(folder, name), format: 'PyTorch pickle', expected: 'safetensors' },
      {
        hint: `Convert it where it came from: safetensors.torch.save_file(torch.load("${name}", weights_only=True), "model.safetensors").`,
      },
    );
}
