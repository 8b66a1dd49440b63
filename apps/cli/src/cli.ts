import { Command, CommanderError } from 'commander';
import { commands } from './commands/index.ts';

export const version = '0.1.0';

/** Commands that need the others in full. */
const needsAll = new Set(['completion']);

/**
 * The command tree, without running anything. Commands outside of `loaded` have a name and a description only, which is all that
 * `--help` shows: starting stays fast however many commands there are.
 */
export async function createProgram(loaded: (name: string) => boolean = () => true): Promise<Command> {
  const program = new Command('medlego')
    .description('Train small specialists on one frozen vision transformer and merge them into one generalist.')
    .version(version, '-V, --version')
    .showSuggestionAfterError()
    .helpOption('-h, --help', 'show help')
    .addHelpText(
      'after',
      `
Examples:
  medlego demo                                       the whole story on the sample tasks, in minutes
  medlego train --task data/pneumoniamnist.npz -o pneumonia
  medlego merge pneumonia blood breast -o generalist
  medlego evaluate generalist
  medlego predict generalist image.png

State lives in MEDLEGO_HOME (default .medlego/). Every command takes --json and --help.`,
    );
  for (const { name, description, load } of commands) {
    const command = program.command(name).description(description);
    if (loaded(name)) (await load())(command);
  }
  return program;
}

/** Runs one command line and resolves to the exit code of the process. Never throws. */
export async function runCli(argv: readonly string[]): Promise<number> {
  const json = argv.includes('--json');
  const words = argv.filter((word) => !word.startsWith('-'));
  const called = words[0] === 'help' ? words[1] : words[0];
  const program = await createProgram((name) => name === called || needsAll.has(called ?? ''));
  const prepare = (command: Command): void => {
    command.exitOverride();
    if (json) command.configureOutput({ writeErr: () => {} });
    command.commands.forEach(prepare);
  };
  prepare(program);
  try {
    await traced(called ?? 'help', () => program.parseAsync(argv, { from: 'user' }));
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0; // --help, --version
    const { reportFailure } = await import('./terminal/failure.ts');
    // Commander has told people already what is wrong with the call.
    return reportFailure(error, { json, silent: error instanceof CommanderError && !json });
  }
}

/** A command is the root of a trace where a collector is named; starts nothing otherwise. `up` has telemetry of its own. */
async function traced(name: string, work: () => Promise<unknown>): Promise<void> {
  if (!process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] || name === 'up') return void (await work());
  const { traceProgram } = await import('@medlego/telemetry/sdk');
  await traceProgram({ service: 'medlego-cli', name: `medlego ${name}`, env: process.env }, work);
}
