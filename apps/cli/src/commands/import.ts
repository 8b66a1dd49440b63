import { InvalidArgumentError, type Command } from 'commander';
import type { Engine } from '@medlego/engine';
import { numberBetween, wholeNumber, withComputeOptions, type ComputeOptions } from '../compute-options.ts';
import { defineAction } from '../context.ts';
import { dataFolders, modelFolders, openStore, shortDigest } from '../workspace.ts';

type Three = [number, number, number];

interface ImportOptions extends ComputeOptions {
  readonly backbone: string;
  readonly task?: string;
  readonly alpha?: number;
  readonly mean?: Three;
  readonly std?: Three;
  readonly licence?: string;
  readonly heads?: number;
  readonly quickGelu?: boolean;
  readonly projection?: boolean;
  readonly force?: boolean;
  readonly output?: string;
}

const threeNumbers = (text: string): Three => {
  const values = text.split(',').map(Number);
  if (![1, 3].includes(values.length) || !values.every(Number.isFinite))
    throw new InvalidArgumentError(`Expected one or three numbers such as 0.5 or 0.485,0.456,0.406, got "${text}".`);
  return (values.length === 1 ? [values[0], values[0], values[0]] : values) as Three;
};

export function registerImport(command: Command): void {
  withComputeOptions(
    command
      .argument('<path>', 'folder or .safetensors file')
      .option('--backbone <ref>', 'for an adapter: what it was trained on', 'vit-nano')
      .option('--task <data>', 'for an adapter: its data set, for label names, or to solve a missing head')
      .option('--alpha <a>', 'for a MeLo file whose name does not say it', numberBetween(0))
      .option('--mean <values>', 'for a backbone: normalisation, where its files do not say it', threeNumbers)
      .option('--std <values>', 'for a backbone', threeNumbers)
      .option('--licence <text>', 'for a backbone')
      .option(
        '--heads <n>',
        'for the tower of a CLIP: attention heads, where its files do not say them',
        wholeNumber(1),
      )
      .option('--quick-gelu', "for the tower of a CLIP: it was trained with QuickGELU, as OpenAI's")
      .option('--no-quick-gelu', 'for the tower of a CLIP: it was trained with GELU')
      .option('--projection', "for the tower of a CLIP: features after its projection to the texts' space")
      .option('--force', 'for an adapter: take updates that are larger than the weights they change')
      .option('-o, --output <name>', 'name in the store (default: from the path)'),
  ).addHelpText(
    'after',
    '\nExamples:\n  medlego import vit-b16/ -o vit-b16 --licence Apache-2.0\n  medlego import pmc-clip/ -o pmc-clip --heads 32\n  medlego import adapters/pneumonia --backbone vit-b16 --task pneumoniamnist_224.npz',
  );
  defineAction<[string], ImportOptions>(command, async (context, options, path) => {
    const { out } = context;
    const [{ openDataset }, { openEngine }, { importPath, openBackbone }] = await Promise.all([
      import('@medlego/data'),
      import('@medlego/engine'),
      import('@medlego/workflows'),
    ]);
    const store = await openStore(context);
    const { task, mean, std, heads, quickGelu, projection } = options;
    let engine: Engine | undefined;
    try {
      const { artifact, name, format, warnings } = await importPath({
        store,
        path,
        name: options.output,
        licence: options.licence,
        alpha: options.alpha,
        force: options.force,
        preprocess: { ...(mean && { mean }), ...(std && { std }) },
        tower: {
          ...(heads !== undefined && { numHeads: heads }),
          ...(quickGelu !== undefined && { quickGelu }),
          ...(projection !== undefined && { projection }),
        },
        backbone: () => openBackbone(store, options.backbone, modelFolders),
        ...(task && {
          dataset: (backbone) => openDataset(task, { searchDirs: dataFolders, preprocess: backbone.preprocess }),
        }),
        engine: async () =>
          (engine ??= await openEngine({
            engine: options.engine,
            device: options.device,
            intraOpThreads: options.threads,
          })),
      });
      warnings.forEach((warning) => out.warn(warning));
      out.line(
        `Imported ${artifact.manifest.kind} ${name} (${format}), ${shortDigest(artifact.digest)}; backbone weights ${shortDigest(artifact.manifest.backbone!)}.`,
      );
      out.document({
        artifact: artifact.digest,
        name,
        kind: artifact.manifest.kind,
        format,
        backbone: artifact.manifest.backbone,
        warnings,
      });
    } finally {
      await engine?.dispose();
    }
  });
}
