import { Command, CommanderError } from 'commander';
import { exitCodes } from '@medlego/errors';
import { commands } from './commands/index.ts';
import { reportFailure } from './terminal/failure.ts';

export const version = '0.1.0';

/** The whole command tree, without running anything. */
export function createProgram(): Command {
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
  for (const register of commands) register(program);
  return program;
}

/** Runs one command line and resolves to the exit code of the process. Never throws. */
export async function runCli(argv: readonly string[]): Promise<number> {
  const json = argv.includes('--json');
  const program = createProgram();
  const prepare = (command: Command): void => {
    command.exitOverride();
    if (json) command.configureOutput({ writeErr: () => {} });
    command.commands.forEach(prepare);
  };
  prepare(program);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return Number(process.exitCode ?? exitCodes.done);
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exitCodes.done; // --help, --version
      if (json) reportFailure(error, true);
      return exitCodes.badRequest;
    }
    return reportFailure(error, json);
  }
}
