import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { openAccessOptions, withAccessOptions, type AccessOptions } from '../access-options.ts';
import { numberBetween, wholeNumber } from '../compute-options.ts';
import { defineAction, type CommonOptions } from '../context.ts';
import { consoleFolder, modelFolders, openStore } from '../workspace.ts';

interface ServeOptions extends CommonOptions, AccessOptions {
  readonly host: string;
  readonly port: number;
  readonly grpcPort: number;
  readonly threads?: number;
  readonly maxBatch: number;
  readonly maxDelay: number;
}

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
      '\nMEDLEGO_ADMIN_TOKEN allows everything, load, unload and rollback too, to whoever sends it. `medlego token create` makes others.' +
        '\n\nExamples:\n  medlego serve generalist\n  medlego serve generalist pneumonia --port 9000 --max-batch 16' +
        '\n  medlego token create --subject pacs-bridge --scopes predict' +
        '\n  medlego serve generalist --host 0.0.0.0 --tokens .medlego/tokens.json --tls-cert cert.pem --tls-key key.pem',
    );
  withAccessOptions(command);
  defineAction<[string[]], ServeOptions>(command, async (context, options, names) => {
    const { createGateway } = await import('@medlego/inference-gateway');
    if (!existsSync(consoleFolder))
      context.out.note('The console is not built, so there are no pages: `npm run console` builds it.');
    const { host, port, grpcPort, threads, maxBatch, maxDelay } = options;
    const access = await openAccessOptions(options);
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
      consoleFolder,
      ...access,
    });
    const scheme = access.tls ? 'https' : 'http';
    const address = {
      http: `${scheme}://${host}:${gateway.http.port}`,
      grpc: `${host}:${gateway.grpc.port}`,
      ...(gateway.admin && { admin: `http://127.0.0.1:${gateway.admin.port}` }),
    };
    if (access.insecure) context.out.note('Everyone who can reach this machine may ask and read (--insecure).');
    else if (access.authenticator && !access.tls && host !== '127.0.0.1')
      context.out.note('Tokens and images travel unencrypted: use --tls-cert and --tls-key, or a proxy that encrypts.');
    const also = 'admin' in address ? `, ${address.admin} (probes, metrics, changes)` : '';
    context.out.line(`Serving ${names.join(', ')} at ${address.http} (REST, console), ${address.grpc} (gRPC)${also}`);
    context.out.document({ models: names, ...address });
    await new Promise<void>((resolve) => {
      if (context.signal.aborted) resolve();
      context.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await gateway.close();
  });
}
