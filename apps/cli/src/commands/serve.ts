import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { numberBetween, wholeNumber } from '../compute-options.ts';
import { defineAction, type CommonOptions } from '../context.ts';
import { modelFolders, openStore } from '../workspace.ts';

interface ServeOptions extends CommonOptions {
  readonly host: string;
  readonly port: number;
  readonly grpcPort: number;
  readonly threads?: number;
  readonly maxBatch: number;
  readonly maxDelay: number;
}

/** Where `npm run console` builds to. */
const consoleFolder = join(import.meta.dirname, '..', '..', '..', 'console', 'dist');

const portNumber = numberBetween(0, 65_535, true);

export function registerServe(command: Command): void {
  command
    .argument('<names...>', 'specialists or generalists; each is followed when its name moves on')
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('--port <n>', 'REST and console; 0: any free one', portNumber, 8080)
    .option('--grpc-port <n>', 'gRPC; 0: any free one', portNumber, 8081)
    .option('--threads <n>', 'threads inside one operator (default: all cores)', wholeNumber(1))
    .option('--max-batch <n>', 'images in one pass', numberBetween(1, 64, true), 32)
    .option('--max-delay <ms>', 'how long an image waits for company', numberBetween(0, 1000), 2)
    .addHelpText(
      'after',
      '\nMEDLEGO_ADMIN_TOKEN allows load, unload and rollback over REST to whoever sends it.' +
        '\n\nExamples:\n  medlego serve generalist\n  medlego serve generalist pneumonia --port 9000 --max-batch 16',
    );
  defineAction<[string[]], ServeOptions>(command, async (context, options, names) => {
    const { createGateway } = await import('@medlego/inference-gateway');
    if (!existsSync(consoleFolder))
      context.out.note('The console is not built, so there are no pages: `npm run console` builds it.');
    const { host, port, grpcPort, threads, maxBatch, maxDelay } = options;
    const gateway = await createGateway({
      store: await openStore(context),
      modelFolders,
      models: names,
      host,
      port,
      grpcPort,
      threads,
      maxBatch,
      maxDelayMs: maxDelay,
      adminToken: process.env['MEDLEGO_ADMIN_TOKEN'],
      consoleFolder,
    });
    const address = { http: `http://${host}:${gateway.http.port}`, grpc: `${host}:${gateway.grpc.port}` };
    context.out.line(`Serving ${names.join(', ')} at ${address.http} (REST, console) and ${address.grpc} (gRPC)`);
    context.out.document({ models: names, ...address });
    await new Promise<void>((resolve) => {
      if (context.signal.aborted) resolve();
      context.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await gateway.close();
  });
}
