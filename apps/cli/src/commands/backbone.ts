import type { Command } from 'commander';
import { wholeNumber } from '../compute-options.ts';
import { defineAction, type CommonOptions } from '../context.ts';
import { modelFolders, openStore, shortDigest } from '../workspace.ts';

export function registerBackbone(command: Command): void {
  const init = command
    .command('init')
    .description('make one with random weights: of any timm size, a tower of open_clip, or the ResNet of PMC-CLIP')
    .argument('<size>', 'e.g. vit_base_patch16_224, vit-nano, open_clip-ViT-B-16, pmc-clip-rn50')
    .option('--seed <n>', 'of the weights', wholeNumber(0), 0)
    .option('-o, --output <name>', 'name in the store (default: SIZE-random)');
  defineAction<[string], CommonOptions & { seed: number; output?: string }>(init, async (context, options, size) => {
    const [{ initParams, presetConfig }, { storeBackbone }, { parsePreprocessSpec }] = await Promise.all([
      import('@medlego/vit'),
      import('@medlego/workflows'),
      import('@medlego/data'),
    ]);
    const config = presetConfig(size);
    const name = options.output ?? `${size.toLowerCase()}-random`;
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

  const show = command.command('show').description('what a backbone is').argument('<ref>', 'name or digest');
  defineAction<[string], CommonOptions>(show, async (context, _options, ref) => {
    const [{ openBackbone }, { adapterTargets, describeBackbone, featureDim }] = await Promise.all([
      import('@medlego/workflows'),
      import('@medlego/vit'),
    ]);
    const { name, digest, config, params, preprocess } = await openBackbone(
      await openStore(context),
      ref,
      modelFolders,
    );
    const size = Object.values(params).reduce((sum, { data }) => sum + data.length, 0);
    const facts = {
      name,
      backbone: digest,
      description: describeBackbone(config),
      parameters: size,
      features: featureDim(config),
      targets: adapterTargets(config),
      config,
      preprocess,
    };
    context.out.line(
      [
        `${name}  ${digest}`,
        `${facts.description}; ${(size / 1e6).toFixed(1)} million parameters, ${facts.features} features`,
        `adapters: full, head-only, and svd-lora or lora on ${facts.targets.join(', ')}`,
        `images: ${preprocess.resize}, mean ${preprocess.mean.join(' ')}, std ${preprocess.std.join(' ')}`,
      ].join('\n'),
    );
    context.out.document(facts);
  });
}
