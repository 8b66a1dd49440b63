import type { Command } from 'commander';
import { RegistryDefinition, TrainingDefinition, type Run, type RunFilter } from '@medlego/contracts/rpc';
import { InvalidValueError } from '@medlego/errors';
import type { RpcConnection } from '@medlego/rpc';
import { wholeNumber } from '../compute-options.ts';
import { defineAction, type CommandContext, type CommonOptions } from '../context.ts';
import { connectRemote } from '../remote/connect-remote.ts';
import { kindOf, runColumns, runDocument, runKindWords, runRow, runStateWords, stateOf } from '../remote/run-words.ts';
import { watchTable } from '../remote/watch-table.ts';

interface RunsOptions extends CommonOptions {
  readonly kind?: string;
  readonly state?: string;
  readonly sweep?: string;
  readonly limit: number;
  readonly watch?: boolean;
}

export function registerRuns(command: Command): void {
  command
    .option('--kind <kind>', `only ${runKindWords.join(', ')}`)
    .option('--state <state>', `only ${runStateWords.join(', ')}`)
    .option('--sweep <id>', 'only those of a sweep')
    .option('--limit <n>', 'at most so many, the newest', wholeNumber(1), 50)
    .option('-w, --watch', 'a live table until Ctrl-C; with --json a line per change');
  defineAction<[], RunsOptions>(command, async (context, options) => {
    const rpc = await connectRemote(context);
    const filter = toFilter(options);
    if (options.watch) return watchTable(context, rpc, filter, options.limit);
    const runs = await newestRuns(rpc, filter, options.limit);
    if (runs.length === 0) context.out.line('No runs.');
    else context.out.table(runColumns, runs.map(runRow));
    context.out.document(runs.map(runDocument));
  });
}

function toFilter({ kind, state, sweep = '' }: RunsOptions): RunFilter {
  const read = <T>(
    field: string,
    word: string | undefined,
    parse: (word: string) => T | undefined,
    known: readonly string[],
  ): T[] => {
    if (word === undefined) return [];
    const value = parse(word);
    if (value === undefined)
      throw new InvalidValueError({ field, expected: `one of ${known.join(', ')}`, actual: word });
    return [value];
  };
  const kinds = read('--kind', kind, kindOf, runKindWords);
  const states = read('--state', state, stateOf, runStateWords);
  return { ids: [], kinds, states, sweep, labels: {} };
}

async function newestRuns(rpc: RpcConnection, filter: RunFilter, limit: number): Promise<Run[]> {
  const registry = rpc.client(RegistryDefinition);
  const runs: Run[] = [];
  let pageToken = '';
  do {
    const page = await registry.listRuns({ filter, pageSize: 1000, pageToken });
    runs.push(...page.runs);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return runs.sort((a, b) => Number(b.created) - Number(a.created)).slice(0, limit);
}

export function registerLogs(command: Command): void {
  command
    .argument('<run>', 'id of a training run')
    .option('-f, --follow', 'go on until it has ended')
    .option('--after <line>', 'skip the lines up to this one', wholeNumber(0), 0);
  defineAction<[string], CommonOptions & { follow?: boolean; after: number }>(command, async (context, options, id) => {
    const training = (await connectRemote(context)).client(TrainingDefinition);
    const request = { id, afterLine: options.after, follow: options.follow ?? false };
    const lines: { line: number; text: string }[] = [];
    try {
      for await (const { line, text } of training.watchTrainingLogs(request, { signal: context.signal })) {
        context.out.line(text);
        if (context.json) lines.push({ line, text });
      }
    } catch (error) {
      if (!context.signal.aborted) throw error;
    }
    context.out.document({ run: id, lines });
  });
}

export function registerCancel(command: Command): void {
  command.argument('<runs...>', 'ids').option('--reason <text>', 'kept with the run', 'cancelled by hand');
  defineAction<[string[]], CommonOptions & { reason: string }>(command, async (context, { reason }, ids) => {
    const registry = (await connectRemote(context)).client(RegistryDefinition);
    const runs: Run[] = [];
    for (const id of ids) runs.push((await registry.cancelRun({ id, reason })).run!);
    print(context, runs);
  });
}

function print({ out }: CommandContext, runs: readonly Run[]): void {
  out.table(runColumns, runs.map(runRow));
  out.document(runs.map(runDocument));
}
