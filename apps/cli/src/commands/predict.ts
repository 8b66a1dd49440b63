import type { Command } from 'commander';
import { withComputeOptions, withEngine, type ComputeOptions } from '../compute-options.ts';
import { defineAction } from '../context.ts';
import { modelFolders, openStore } from '../workspace.ts';

interface PredictOptions extends ComputeOptions {
  readonly task?: string;
}

export function registerPredict(command: Command): void {
  withComputeOptions(
    command
      .argument('<ref>', 'specialist or generalist')
      .argument('<images...>', 'image files')
      .option('--task <list>', 'only these tasks, e.g. breast,blood'),
  ).addHelpText(
    'after',
    '\nExamples:\n  medlego predict generalist scan.png\n  medlego predict generalist a.dcm b.dcm --task pneumoniamnist --json',
  );
  defineAction<[string, string[]], PredictOptions>(command, async (context, options, ref, files) => {
    const { out } = context;
    const { openBackboneByDigest, predictImages } = await import('@medlego/workflows');
    const store = await openStore(context);
    const artifact = await store.get(ref, { kind: ['specialist', 'generalist'] });
    const backbone = await openBackboneByDigest(store, artifact.manifest.backbone!, modelFolders);
    await withEngine(context, options, async (engine) => {
      const answers = await predictImages({
        engine,
        store,
        backbone,
        artifact,
        files,
        tasks: options.task?.split(','),
      });
      for (const { file, task, probabilities } of answers) {
        const sorted = Object.entries(probabilities).sort(([, a], [, b]) => b - a);
        out.line(
          `${file}  ${task}:  ${sorted
            .slice(0, 3)
            .map(([label, p]) => `${label} ${(100 * p).toFixed(1)} %`)
            .join(', ')}`,
        );
      }
      out.document(answers);
    });
  });
}
