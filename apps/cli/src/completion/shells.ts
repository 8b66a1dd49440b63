import type { CommandWords } from './command-words.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

const namesCommand = 'medlego ls --names 2>/dev/null';
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The completion script of one shell, made from the command tree, so it can never lag behind the commands. */
export function completionScript(shell: Shell, words: readonly CommandWords[]): string {
  switch (shell) {
    case 'bash':
      return bashScript(words);
    case 'zsh':
      return `#compdef medlego\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(words)}`;
    case 'fish':
      return fishScript(words);
  }
}

function bashScript(words: readonly CommandWords[]): string {
  const cases = words.map((command) => {
    const fixed = [
      ...command.subcommands.map((child) => child.name),
      ...command.flags.map((flag) => flag.flag),
      '--help',
    ];
    const names = command.takesArtifacts ? ` $(${namesCommand})` : '';
    return `    ${quoted(command.path.join(' '))}) words="${fixed.join(' ')}${names}" ;;`;
  });
  const choices = words.flatMap((command) =>
    command.flags
      .filter(({ values }) => values.length > 0)
      .map(({ flag, values }) => `    ${quoted(`${command.path.join(' ')} ${flag}`)}) words="${values.join(' ')}" ;;`),
  );
  const paths = words.filter((command) => command.path.length > 0).map((command) => quoted(command.path.join(' ')));
  return `# medlego completion for bash. Load it with:  source <(medlego completion bash)
_medlego() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" candidate word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    candidate="\${path:+$path }$word"
    for known in ${paths.join(' ')}; do [[ "$known" == "$candidate" ]] && path="$candidate"; done
  done
  case "$path" in
${cases.join('\n')}
  esac
  case "$path \${COMP_WORDS[COMP_CWORD-1]}" in
${choices.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current") $(compgen -f -- "$current"))
}
complete -o filenames -F _medlego medlego
`;
}

function fishScript(words: readonly CommandWords[]): string {
  const lines = words.flatMap((command) => {
    const condition =
      command.path.length === 0
        ? '__fish_use_subcommand'
        : command.path.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
    const guard = `complete -c medlego -n ${quoted(condition)}`;
    return [
      ...command.subcommands.map((child) => `${guard} -a ${child.name} -d ${quoted(child.description)}`),
      ...command.flags.map(
        (flag) =>
          `${guard} -l ${flag.flag.replace(/^--/, '')} -d ${quoted(flag.description)}${flag.values.length > 0 ? ` -xa ${quoted(flag.values.join(' '))}` : flag.takesValue ? ' -r' : ''}`,
      ),
      ...(command.takesArtifacts ? [`${guard} -a "(${namesCommand})"`] : []),
    ];
  });
  return `# medlego completion for fish. Load it with:  medlego completion fish | source\n${lines.join('\n')}\n`;
}
