import type { Command } from 'commander';
import { wholeNumber } from '../compute-options.ts';
import { defineAction, type CommonOptions } from '../context.ts';
import { modelFolders, openStore, shortDigest } from '../workspace.ts';

export function registerBackbone(command: Command): void {
  const init = command
    .command('init')
    .description('make one of any timm size with random weights')
    .argument('<size>', 'e.g. vit_base_patch16_224, vit_tiny_patch16_224, vit-nano')
    .option('--seed <n>', 'of the weights', wholeNumber(0), 0)
    .option('-o, --output <name>', 'name in the store (default: SIZE-random)');
  defineAction<[string], CommonOptions & { seed: number; output?: string }>(init, async (context, options, size) => {
    const [{ initParams, presetConfig }, { storeBackbone }, { parsePreprocessSpec }] = await Promise.all([
      import('@medlego/vit'),
      import('@medlego/workflows'),
      import('@medlego/data'),
    ]);
    const config = presetConfig(size);
    const name = options.output ?? `${size}-random`;
    const artifact = await storeBackbone(await openStore(context), {
      name,
      config,
      params: initParams(config, options.seed),
      preprocess: parsePreprocessSpec({ imgSize: config.imgSize }),
      origin: `random weights, seed ${options.seed}`,
      licence: 'CC0-1.0',
    });
    context.out.line(`Stored backbone ${name}, weights ${shortDigest(artifact.manifest.backbone!)}.`);
    context.out.document({ artifact: artifact.digest, name, backbone: artifact.manifest.backbone, config });
  });

  defineAction<[], CommonOptions>(command.command('ls').description('list backbones'), async (context) => {
    const [{ readdir }, { openBackbone }] = await Promise.all([
      import('node:fs/promises'),
      import('@medlego/workflows'),
    ]);
    const store = await openStore(context);
    const stored = (await store.list({ kind: 'backbone' })).map(({ names, manifest }) => ({
      name: names[0] ?? '-',
      digest: manifest.backbone!,
      where: 'store',
    }));
    const shipped = await Promise.all(
      modelFolders.map(async (folder) => {
        const names = await readdir(folder).catch(() => []); // a checkout without models has none to list
        return Promise.all(
          names.map(async (name) => ({
            name,
            digest: (await openBackbone(store, name, modelFolders)).digest,
            where: 'models/',
          })),
        );
      }),
    );
    const all = [...shipped.flat(), ...stored];
    context.out.table(
      [{ title: 'Name' }, { title: 'Weights' }, { title: 'From' }],
      all.map(({ name, digest, where }) => [name, digest, where]),
    );
    context.out.document(all);
  });
}
