import { type Command, Option } from 'commander';
import type { MedmnistSize } from '@medlego/data';
import { wholeNumber } from '../compute-options.ts';
import { defineAction, type CommonOptions } from '../context.ts';
import { dataFolders } from '../workspace.ts';

export function registerData(command: Command): void {
  defineAction<[], CommonOptions>(
    command.command('ls').description('list the MedMNIST sets of the paper'),
    async ({ out }) => {
      const { medmnistDescriptors } = await import('@medlego/data');
      out.table(
        [
          { title: 'Name' },
          { title: 'Kind' },
          { title: 'Labels', align: 'right' },
          { title: 'train / val / test', align: 'right' },
          { title: 'Licence' },
        ],
        medmnistDescriptors.map(({ flag, kind, labels, counts, licence }) => [
          flag,
          kind,
          String(labels.length),
          `${counts.train} / ${counts.val} / ${counts.test}`,
          licence,
        ]),
      );
      out.document(medmnistDescriptors);
    },
  );

  const download = command
    .command('download')
    .description('fetch a MedMNIST file; goes on where a former try was cut off')
    .argument('<flag>', 'e.g. bloodmnist')
    .addOption(new Option('--size <pixels>', 'side of the images').choices(['28', '64', '128', '224']).default('28'))
    .option('--dir <folder>', 'where to put it', 'data')
    .option('--base-url <address>', 'a mirror');
  defineAction<[string], CommonOptions & { size: string; dir: string; baseUrl?: string }>(
    download,
    async (context, options, flag) => {
      const { downloadMedmnist } = await import('@medlego/data');
      let bar: ReturnType<typeof context.progress> | undefined;
      const result = await downloadMedmnist(flag, {
        dir: options.dir,
        size: Number(options.size) as MedmnistSize,
        baseUrl: options.baseUrl,
        signal: context.signal,
        onProgress: ({ received, total }) => {
          if (total === undefined) return;
          bar ??= context.progress(flag, total);
          bar.update(received);
        },
      }).finally(() => bar?.stop());
      context.out.line(`${result.path}: ${result.status}, ${(result.bytes / 1e6).toFixed(1)} MB, checksum right.`);
      context.out.document(result);
    },
  );

  const check = command
    .command('check')
    .description('counts, class balance, duplicates inside and across splits, label conflicts')
    .argument('<data>', '.npz, folder, .csv, or the name of a sample task')
    .option('--size <pixels>', 'bring images to this side first, for folders of mixed sizes', wholeNumber(1))
    .option('--skip-bad', 'leave unreadable images out instead of failing');
  defineAction<[string], CommonOptions & { size?: number; skipBad?: boolean }>(
    check,
    async ({ out }, options, path) => {
      const { checkDataset, openDataset, parsePreprocessSpec } = await import('@medlego/data');
      const report = checkDataset(
        await openDataset(path, {
          searchDirs: dataFolders,
          skipBad: options.skipBad ?? false,
          ...(options.size && { preprocess: parsePreprocessSpec({ imgSize: options.size }) }),
        }),
      );
      out.line(
        `${report.name}: ${report.kind}, ${report.imageSize.height} × ${report.imageSize.width} × ${report.imageSize.channels}`,
      );
      for (const { split, count, classes, duplicates } of report.splits)
        out.line(
          `  ${split}: ${count} images, ${duplicates} duplicates; ${classes.map(({ label, count: n }) => `${label} ${n}`).join(', ')}`,
        );
      out.line(report.findings.length === 0 ? 'Nothing to note.' : 'Findings:');
      report.findings.forEach((finding) => out.line(`  ${finding}`));
      out.document(report);
    },
  );
}
