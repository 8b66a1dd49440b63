import { Argument, type Command } from 'commander';
import { commandWords } from '../completion/command-words.ts';
import { completionScript, shells, type Shell } from '../completion/shells.ts';

export function registerCompletion(command: Command): void {
  command
    .addArgument(new Argument('<shell>', 'which shell').choices([...shells]))
    .addHelpText('after', '\nExamples:\n  source <(medlego completion bash)\n  medlego completion fish | source')
    .action((shell: Shell) => {
      process.stdout.write(completionScript(shell, commandWords(command.parent!)));
    });
}
