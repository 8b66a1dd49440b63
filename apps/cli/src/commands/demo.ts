import { readdir, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { wholeNumber, withComputeOptions, withEngine, type ComputeOptions } from '../compute-options.ts';
import { defineAction } from '../context.ts';
import { sampleTasks } from '../demo/sample-tasks.ts';
import { figure, printEvaluation } from '../evaluation-table.ts';
import { rememberData } from '../data-index.ts';
import { dataFolders, modelFolders, openStore, sampleFolder } from '../workspace.ts';

interface DemoOptions extends ComputeOptions {
  readonly seed: number;
  readonly report: string;
  readonly epochs?: number;
  readonly markdown?: string;
}

export function registerDemo(command: Command): void {
  withComputeOptions(
    command
      .option('--seed <n>', 'of weights, order and bootstrap', wholeNumber(0), 0)
      .option('--epochs <n>', 'at most so many epochs a task, for a quick look', wholeNumber(1))
      .option('--report <file>', 'where the HTML report goes', 'report.html')
      .option('--markdown <file>', 'also write the tables as Markdown'),
  ).addHelpText('after', '\nExamples:\n  medlego demo\n  medlego demo --epochs 1 --report quick.html');
  defineAction<[], DemoOptions>(command, async (context, options) => {
    const { out } = context;
    const started = performance.now();
    const [{ openDataset }, { sampleSettings }, workflows] = await Promise.all([
      import('@medlego/data'),
      import('@medlego/training'),
      import('@medlego/workflows'),
    ]);
    const store = await openStore(context);
    const backbone = await workflows.openBackbone(store, 'vit-nano', modelFolders);
    await withEngine(context, options, async (engine) => {
      out.heading(`1. ${sampleTasks.length} specialists on the frozen backbone ${backbone.name}`);
      const tasks = [];
      for (const sample of sampleTasks) {
        const taskStart = performance.now();
        const dataset = await openDataset(sample.name, { searchDirs: dataFolders, preprocess: backbone.preprocess });
        await rememberData(context.home, dataset.digest, dataset.source.path);
        const preset = sampleSettings(sample.name);
        const epochs = Math.min(preset.epochs!, options.epochs ?? Infinity);
        let bar: ReturnType<typeof context.progress> | undefined;
        const trained = await workflows
          .trainTask({
            engine,
            store,
            backbone,
            dataset,
            name: sample.name,
            signal: context.signal,
            checkpointFolder: join(context.home, 'runs', `demo-${sample.name}`),
            settings: { ...preset, epochs, seed: options.seed },
            onReport: (report) => {
              if (report.type !== 'step') return;
              bar ??= context.progress(sample.name.padEnd(14), report.epochs * report.stepsPerEpoch);
              bar.update(
                (report.epoch - 1) * report.stepsPerEpoch + report.step,
                `${report.imagesPerSecond.toFixed(0)} images/s`,
              );
            },
          })
          .finally(() => bar?.stop());
        const seconds = (performance.now() - taskStart) / 1000;
        const { test, probe, best } = trained.trained;
        out.line(
          `  ${sample.title.padEnd(34)} test accuracy ${figure(test?.acc)} %  (probe ${figure(probe.test?.acc)} %, epoch ${best.epoch} kept, ${seconds.toFixed(0)} s)`,
        );
        tasks.push({ sample, trained, seconds });
      }

      out.heading('2. Merge: no training, no data');
      const merged = await workflows.mergeSpecialists({
        store,
        backbone,
        recipe: { method: 'med-lego' },
        members: tasks.map(({ trained }) => ({ ref: trained.artifact.digest })),
        name: 'generalist',
      });
      out.line(
        `  ${merged.report.members.length} adapters, ${merged.report.totals.modules} modules, ${merged.ms.toFixed(0)} ms → generalist`,
      );
      merged.report.warnings.forEach(({ message }) => out.warn(message));

      out.heading('3. What the merge kept');
      const evaluated = await workflows.evaluateArtifact({
        engine,
        store,
        backbone,
        ref: merged.artifact.digest,
        split: 'test',
        against: workflows.comparisonRows,
        seed: options.seed,
        dataFor: (task) => openDataset(task.name, { searchDirs: dataFolders, preprocess: backbone.preprocess }),
      });
      printEvaluation(out, evaluated);

      out.heading('4. One image of each task, asked of the generalist');
      const files = await sampleImages(sampleTasks.map(({ name }) => name));
      const answers = await workflows.predictImages({
        engine,
        store,
        backbone,
        artifact: merged.artifact,
        files: files.map(({ file }) => file),
      });
      const predictions = files.map(({ task, file }) =>
        answers.find((answer) => answer.task === task && answer.file === file)!,
      );
      for (const { file, probabilities } of predictions) {
        const [first, second] = Object.entries(probabilities).sort(([, a], [, b]) => b - a);
        out.line(
          `  ${relative(process.cwd(), file)}: ${first![0]} ${figure(first![1])} %${second ? `, ${second[0]} ${figure(second[1])} %` : ''}`,
        );
      }

      const [{ demoReport }, { renderReport }] = await Promise.all([
        import('../demo/report-data.ts'),
        import('../report/index.ts'),
      ]);
      const results = {
        backbone,
        engine: engine.info,
        seed: options.seed,
        command: `medlego demo --seed ${options.seed}`,
        tasks,
        merged,
        evaluated,
      };
      const html = await renderReport(await demoReport(results));
      await writeFile(options.report, html);
      if (options.markdown) {
        const { demoMarkdown } = await import('../demo/markdown.ts');
        await writeFile(options.markdown, demoMarkdown(results));
      }
      const seconds = (performance.now() - started) / 1000;
      out.line(`\nReport: ${resolve(options.report)} (open it in a browser). ${seconds.toFixed(0)} s in all.`);
      out.line('Not for clinical use. Next:');
      out.line(`  npx medlego predict generalist ${relative(process.cwd(), files[0]!.file)}`);
      out.line(
        '  npx medlego merge pneumoniamnist pbcblood busibreast --threshold 0.95 -o three && npx medlego evaluate three',
      );
      out.line('  npx medlego train --help');
      out.document({
        ...workflows.evaluationDocument(evaluated),
        predictions,
        report: resolve(options.report),
        seconds,
      });
    });
  });
}

/** The first sample image of each task. */
const sampleImages = (tasks: readonly string[]): Promise<{ task: string; file: string }[]> =>
  Promise.all(
    tasks.map(async (task) => ({
      task,
      file: join(sampleFolder, task, (await readdir(join(sampleFolder, task))).sort()[0]!),
    })),
  );
