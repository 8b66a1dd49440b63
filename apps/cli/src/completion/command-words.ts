import type { Command } from 'commander';

/** One command or subcommand as a shell sees it. */
export interface CommandWords {
  /** Words that lead here, e.g. ['data', 'check']; empty for the program itself. */
  readonly path: readonly string[];
  readonly subcommands: readonly { readonly name: string; readonly description: string }[];
  readonly flags: readonly {
    readonly flag: string;
    readonly description: string;
    readonly takesValue: boolean;
    readonly values: readonly string[];
  }[];
  /** Whether its arguments are names of artifacts (argument names that speak of refs, members or names). */
  readonly takesArtifacts: boolean;
}

const artifactArgument = /ref|name|member/i;

/** Flattens a commander tree; hidden options are left out. */
export function commandWords(program: Command): CommandWords[] {
  const visit = (command: Command, path: readonly string[]): CommandWords[] => [
    {
      path,
      subcommands: command.commands.map((child) => ({ name: child.name(), description: child.description() })),
      flags: command.options
        .filter((option) => !option.hidden && option.long)
        .map((option) => ({
          flag: option.long!,
          description: option.description,
          takesValue: option.required || option.optional,
          values: option.argChoices ?? [],
        })),
      takesArtifacts: command.registeredArguments.some((argument) => artifactArgument.test(argument.name())),
    },
    ...command.commands.flatMap((child) => visit(child, [...path, child.name()])),
  ];
  return visit(program, []);
}
