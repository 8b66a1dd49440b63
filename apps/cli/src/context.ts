import { resolve } from 'node:path';
import type { Command } from 'commander';
import { remoteSettings, type RemoteOptions, type RemoteSettings } from './remote/remote-settings.ts';
import type { Output } from './terminal/output.ts';
import type { Progress } from './terminal/progress.ts';

/** What every command gets besides its own arguments. */
export interface CommandContext {
  /** Absolute folder of all state. */
  readonly home: string;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly out: Output;
  progress(label: string, total: number): Progress;
  /** Services to work with, instead of the store in `home`. */
  readonly remote: RemoteSettings | undefined;
  /** Calls back when the command has ended, however it did. */
  onEnd(close: () => unknown): void;
  /** Aborted by the first Ctrl-C or SIGTERM; a second one ends the process at once. */
  readonly signal: AbortSignal;
}

export interface CommonOptions extends RemoteOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly home?: string;
}

/** Adds the options that all commands share and runs `action` with a context built from them. */
export function defineAction<Args extends unknown[], Options extends CommonOptions>(
  command: Command,
  action: (context: CommandContext, options: Options, ...args: Args) => Promise<void>,
): Command {
  return command
    .option('--json', 'print one JSON document on stdout, notes on stderr')
    .option('-q, --quiet', 'no progress and no notes')
    .option('--home <folder>', 'where state lives (default: MEDLEGO_HOME or .medlego)')
    .option('--remote <host:port>', 'work with these services (default: MEDLEGO_REMOTE); MEDLEGO_TOKEN is sent along')
    .option('--remote-ca <file>', 'who signed their certificate, for https:// (default: MEDLEGO_REMOTE_CA)')
    .action(async (...all: unknown[]) => {
      const [options] = all.slice(-2) as [Options, Command];
      await withContext(options, (context) => action(context, options, ...(all.slice(0, -2) as Args)));
    });
}

async function withContext(options: CommonOptions, body: (context: CommandContext) => Promise<void>): Promise<void> {
  const [{ createOutput }, { startProgress }] = await Promise.all([
    import('./terminal/output.ts'),
    import('./terminal/progress.ts'),
  ]);
  const controller = new AbortController();
  const quiet = options.quiet ?? false;
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    if (!quiet) process.stderr.write('\nStopping after this step; once more ends at once.\n');
    controller.abort();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const closers: (() => unknown)[] = [];
  try {
    await body({
      home: resolve(options.home ?? process.env['MEDLEGO_HOME'] ?? '.medlego'),
      json: options.json ?? false,
      quiet,
      out: createOutput({ json: options.json ?? false, quiet }),
      progress: (label, total) => startProgress({ label, total, quiet }),
      signal: controller.signal,
      remote: remoteSettings(options),
      onEnd: (close) => void closers.push(close),
    });
  } finally {
    for (const close of closers.reverse()) await close();
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}
