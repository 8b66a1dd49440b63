import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { openAccessOptions, withAccessOptions, type AccessOptions } from '../access-options.ts';
import { numberBetween, wholeNumber } from '../compute-options.ts';
import { defineAction, type CommonOptions } from '../context.ts';
import { consoleFolder, modelFolders } from '../workspace.ts';

interface UpCommandOptions extends CommonOptions, AccessOptions {
  readonly host: string;
  readonly port: number;
  readonly httpPort: number;
  readonly inferencePort: number;
  readonly jobCores?: number;
  readonly threads?: number;
  readonly device: 'cpu' | 'cuda';
  readonly serve?: readonly string[];
}

const portNumber = numberBetween(0, 65_535, true);

export function registerUp(command: Command): void {
  command
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('--port <n>', 'gRPC of all services: what --remote takes; 0: any free one', portNumber, 7070)
    .option('--http-port <n>', 'REST and console; 0: any free one', portNumber, 8080)
    .option('--inference-port <n>', 'gRPC of the Open Inference Protocol; 0: any free one', portNumber, 8081)
    .option(
      '--serve <names>',
      'serve only these models (default: every generalist once a version is promoted)',
      (text) => text.split(',').map((name) => name.trim()),
    )
    .option('--job-cores <n>', 'cores that Jobs take together (default: all)', wholeNumber(1))
    .option('--threads <n>', 'threads inside one operator, of Jobs and answers (default: all cores)', wholeNumber(1))
    .addOption(new Option('--device <name>', 'what Jobs compute on').choices(['cpu', 'cuda']).default('cpu'))
    .addHelpText(
      'after',
      `
State lives in --home; what was acknowledged survives a crash, and unfinished runs go on with the next start.

Examples:
  medlego up
  medlego train --task busibreast,pneumoniamnist --preset sample --remote localhost:7070
  medlego track all --task busibreast,pneumoniamnist --auto-promote --remote localhost:7070
  medlego runs --watch --remote localhost:7070`,
    );
  withAccessOptions(command);
  defineAction<[], UpCommandOptions>(command, async (context, options) => {
    const { runUp } = await import('../up/run-up.ts');
    if (!existsSync(join(consoleFolder, 'index.html')))
      context.out.note('The console is not built, so there are no pages: `npm run console` builds it.');
    const { host, port, httpPort, inferencePort, jobCores, threads, device, serve } = options;
    await runUp(context, {
      ...{ host, port, httpPort, inferencePort, jobCores, threads, device, serve },
      access: await openAccessOptions(options),
      modelFolders,
      consoleFolder,
    });
  });
}
