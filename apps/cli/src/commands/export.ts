import { type Command, Option } from 'commander';
import { defineAction, type CommonOptions } from '../context.ts';
import { modelFolders, openStore } from '../workspace.ts';

interface ExportOptions extends CommonOptions {
  readonly format: 'timm' | 'hf' | 'open_clip' | 'peft-lora' | 'peft-adalora' | 'melo' | 'onnx';
  readonly output: string;
  readonly task?: string;
}

export function registerExport(command: Command): void {
  command
    .argument('<ref>', 'specialist or generalist')
    .addOption(
      new Option('--format <format>', 'for whom')
        .choices(['timm', 'hf', 'open_clip', 'peft-lora', 'peft-adalora', 'melo', 'onnx'])
        .makeOptionMandatory(),
    )
    .requiredOption('-o, --output <path>', 'folder, or a file for onnx and melo')
    .option('--task <name>', 'whose head goes along, where there are several (ONNX takes all by default)')
    .addHelpText(
      'after',
      '\nExamples:\n  medlego export generalist --format onnx -o generalist.onnx\n  medlego export breast --format peft-lora -o breast-peft',
    );
  defineAction<[string], ExportOptions>(command, async (context, options, ref) => {
    const { exportArtifact, openBackboneByDigest } = await import('@medlego/workflows');
    const store = await openStore(context);
    const artifact = await store.get(ref, { kind: ['specialist', 'generalist'] });
    const backbone = await openBackboneByDigest(store, artifact.manifest.backbone!, modelFolders);
    const { files, warnings } = await exportArtifact({
      store,
      backbone,
      artifact,
      format: options.format,
      path: options.output,
      task: options.task,
    });
    warnings.forEach((warning) => context.out.warn(warning));
    files.forEach((file) => context.out.line(file));
    context.out.document({ artifact: artifact.digest, format: options.format, files, warnings });
  });
}
