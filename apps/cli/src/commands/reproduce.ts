import { basename, join } from 'node:path';
import { Argument, type Command, Option } from 'commander';
import { InvalidValueError } from '@medlego/errors';
import { wholeNumber, withComputeOptions, withEngine, type ComputeOptions } from '../compute-options.ts';
import { defineAction, type CommandContext } from '../context.ts';
import { machineFacts } from '../machine-facts.ts';
import type { ReproductionConfig, ResultsDocument, RunProgress } from '@medlego/reproduction';
import type { Output } from '../terminal/output.ts';
import type { Progress } from '../terminal/progress.ts';
import { modelFolders, openStore, resultsFolder } from '../workspace.ts';

interface ReproduceOptions extends ComputeOptions {
  readonly data: 'mirror' | 'medmnist';
  readonly dataFolder?: string;
  readonly shenzhen?: string;
  readonly config?: string;
  readonly backbone?: string;
  readonly seeds?: string;
  readonly only?: string;
  readonly tuned?: boolean;
  readonly epochs?: number;
  readonly limit?: number;
  readonly fresh?: boolean;
  readonly out: string;
  readonly medmnistResults?: string;
}

export function registerReproduce(command: Command): void {
  withComputeOptions(
    command
      .addArgument(new Argument('<table>', 'what to make').choices(['table1', 'table2', 'fig2']))
      .addOption(new Option('--data <setting>', 'which data').choices(['mirror', 'medmnist']).default('mirror'))
      .option('--data-folder <folder>', 'where the files are, or are downloaded to (default: as configured)')
      .option('--shenzhen <folder>', 'folder of the Shenzhen tuberculosis set, which joins table2 and fig2')
      .option('--config <file>', 'another configuration than docs/results/configs/<table>-<setting>.yaml')
      .option('--backbone <ref>', 'another backbone than configured')
      .option('--seeds <list>', 'e.g. 0,1,2 (default: as configured)')
      .option('--only <list>', 'only merges and sorts of these titles or ids, separated by commas')
      .option('--tuned', 'every merge also with parameters chosen on validation')
      .option('--epochs <n>', 'at most so many epochs, for a quick trial', wholeNumber(1))
      .option('--limit <n>', 'at most so many images of every split, for a quick trial', wholeNumber(1))
      .option('--fresh', 'compute every row again, whatever was kept of an earlier run')
      .option('--out <folder>', 'where the results go', resultsFolder)
      .option('--medmnist-results <folder>', 'also write scores as MedMNIST result files'),
  ).addHelpText(
    'after',
    `
The same command goes on where it was stopped (Ctrl-C, SIGTERM, a crash). What the store holds already is not trained again.
A row that fails is named in the notes of the table and left out; the exit code is then 1.

Examples:
  medlego reproduce table1
  medlego reproduce table1 --limit 100 --epochs 1 --seeds 0 --out trial
  medlego reproduce table1 --data medmnist --backbone vit-b16 --device cuda --data-folder medmnist`,
  );
  defineAction<[string], ReproduceOptions>(command, async (context, options, table) => {
    const { out, signal, home } = context;
    const started = performance.now();
    const [reproduction, { openBackbone }] = await Promise.all([
      import('@medlego/reproduction'),
      import('@medlego/workflows'),
    ]);
    const config = await readTableConfig(reproduction.readConfig, options, table);
    const seeds = options.seeds === undefined ? undefined : parseSeeds(options.seeds);
    const store = await openStore(context);
    const backbone = await openBackbone(store, options.backbone ?? config.backbone, modelFolders);
    const bars = phaseBars(context);
    await withEngine(context, options, async (engine) => {
      const run = {
        engine,
        store,
        backbone,
        scratch: join(home, 'reproduce'),
        signal,
        onNote: out.note,
        onProgress: bars.show,
      };
      const data = {
        folder: options.dataFolder ?? config.folder,
        shenzhen: options.shenzhen,
        limit: options.limit,
        signal,
        onNote: out.note,
      };
      const made = () => ({
        command: commandOf(table, options),
        machine: `${machineFacts()}; ${engine.info.engine} on ${engine.info.device}, ${engine.info.intraOpThreads} threads`,
        backbone: { name: backbone.name, digest: backbone.digest },
        versions: { node: process.versions.node, ...engine.info.versions },
        seconds: (performance.now() - started) / 1000,
      });
      const { seconds, trained, found, rebuilt } = await bars.during(async () => {
        if (config.table === 'fig2') {
          const result = await reproduction.runCurves(run, { config, seeds, epochs: options.epochs, data });
          const document = reproduction.curvesDocument(result, made());
          (await reproduction.writeCurves(options.out, document)).forEach((file) => out.line(`Wrote ${file}`));
          out.document(document);
          return result.specialists;
        }
        const only = options.only?.split(',').map((name) => name.trim());
        const { tuned, fresh, epochs } = options;
        const result = await reproduction.runTable(run, { config, seeds, epochs, data, only, tuned, fresh });
        const document = reproduction.resultsDocument(result, made());
        printRows(out, document);
        (await reproduction.writeResults(options.out, document)).forEach((file) => out.line(`Wrote ${file}`));
        if (options.medmnistResults) {
          const files = await reproduction.writeMedmnistResults(options.medmnistResults, result);
          out.line(`Wrote ${files} MedMNIST result files to ${options.medmnistResults}`);
        }
        if (result.failed.length > 0) {
          out.warn(
            `Left out, with the reason in the notes of the table: ${result.failed.map(({ id }) => id).join(', ')}.`,
          );
          process.exitCode = 1;
        }
        out.document(document);
        return result.specialists;
      });
      out.note(
        `Specialists: ${trained} trained in ${seconds.toFixed(0)} s, ${found} found${rebuilt.length > 0 ? `, ${rebuilt.length} of them rebuilt: ${rebuilt.join(', ')}` : ''}. ${made().seconds.toFixed(0)} s in all.`,
      );
    });
  });
}

async function readTableConfig(
  readConfig: (path: string) => Promise<ReproductionConfig>,
  options: ReproduceOptions,
  table: string,
): Promise<ReproductionConfig> {
  const file = options.config ?? join(resultsFolder, 'configs', `${table}-${options.data}.yaml`);
  const config = await readConfig(file);
  if (config.table !== table || config.setting !== options.data)
    throw new InvalidValueError({
      field: file,
      expected: `the configuration of ${table} on ${options.data}`,
      actual: `${config.table} on ${config.setting}`,
    });
  return config;
}

function parseSeeds(text: string): number[] {
  const seeds = text.split(',').map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : NaN));
  if (seeds.some(Number.isNaN) || new Set(seeds).size !== seeds.length)
    throw new InvalidValueError({ field: '--seeds', expected: 'different whole numbers, e.g. 0,1,2', actual: text });
  return seeds;
}

/** What changes the figures is in the command that stands in the results; folders of this machine are not, of a configuration only the file's name. */
function commandOf(table: string, options: ReproduceOptions): string {
  const { data, seeds, only, tuned, epochs, limit, backbone } = options;
  const config = options.config === undefined ? undefined : basename(options.config);
  const given = { data, config, backbone, seeds, only, epochs, limit };
  const flags = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${value}`]));
  return ['medlego reproduce', table, ...flags, ...(tuned ? ['--tuned'] : [])].join(' ');
}

/** One bar per phase; a phase begins when its first report comes. */
function phaseBars(context: CommandContext) {
  let bar: { readonly phase: string; readonly progress: Progress } | undefined;
  const stop = () => {
    bar?.progress.stop();
    bar = undefined;
  };
  return {
    show({ phase, done, total, note }: RunProgress): void {
      if (bar?.phase !== phase) {
        stop();
        bar = { phase, progress: context.progress(phase.padEnd(11), Math.max(1, Math.round(total))) };
      }
      bar.progress.update(Math.round(done), note);
    },
    during: <T>(body: () => Promise<T>): Promise<T> => body().finally(stop),
  };
}

function printRows(out: Output, { rows }: ResultsDocument): void {
  const share = (value: number | null) => (value === null ? '-' : (100 * value).toFixed(1));
  out.table(
    [
      { title: 'Row' },
      { title: 'Specialists' },
      { title: 'Mean', align: 'right' },
      { title: 'Retention', align: 'right' },
      { title: 'Gain kept', align: 'right' },
      { title: 'Over probe', align: 'right' },
    ],
    rows.map((row) => [
      `${row.row}${row.tuned ? ', tuned' : ''}${row.headsRefitted ? ', heads re-fitted' : ''}`,
      row.sort ?? '-',
      share(row.mean),
      share(row.retention),
      row.gainKept === null ? '-' : row.gainKept.toFixed(2),
      share(row.overProbe),
    ]),
  );
}
