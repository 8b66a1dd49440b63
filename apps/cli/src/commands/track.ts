import type { Command } from 'commander';
import { MergingDefinition, type Track } from '@medlego/contracts/rpc';
import { numberBetween } from '../compute-options.ts';
import { defineAction, type CommandContext, type CommonOptions } from '../context.ts';
import { readRecipeFile } from '../recipe-file.ts';
import { connectRemote } from '../remote/connect-remote.ts';
import { toRecipeMessage } from '../remote/merge-remote.ts';
import { commaList } from '../train/options.ts';

interface TrackOptions extends CommonOptions {
  readonly task?: readonly string[];
  readonly method: string;
  readonly threshold?: number;
  readonly recipe?: string;
  readonly autoPromote?: boolean;
}

export function registerTrack(command: Command): void {
  command
    .argument('[name]', 'generalist that shall follow tasks; without it, those that do are listed')
    .option('--task <list>', 'tasks, with commas: each new specialist of one leads to a new version', commaList)
    .option('--method <id>', 'merge method', 'med-lego')
    .option('--threshold <v>', 'share of the singular values that has to be exceeded', numberBetween(0))
    .option('--recipe <file>', 'YAML or JSON with method and params; its members are the tasks')
    .option('--auto-promote', 'serve a version that passes the gate')
    .addHelpText(
      'after',
      '\nExamples:\n  medlego track chest --task pneumonia,nodules --auto-promote --remote localhost:7070\n  medlego track',
    );
  defineAction<[string | undefined], TrackOptions>(command, async (context, options, name) => {
    const merging = (await connectRemote(context)).client(MergingDefinition);
    if (name === undefined || options.task === undefined) {
      const { tracks } = await merging.listTracks({});
      return print(context, name === undefined ? tracks : tracks.filter(({ generalist }) => generalist === name));
    }
    const params = options.threshold === undefined ? {} : { threshold: options.threshold };
    const recipe = options.recipe
      ? { ...(await readRecipeFile(options.recipe)), members: [] }
      : { method: options.method, params, space: undefined, members: [] };
    const { track } = await merging.trackTasks({
      track: {
        generalist: name,
        tasks: [...options.task],
        recipe: toRecipeMessage(recipe),
        autoPromote: options.autoPromote ?? false,
        revision: 0,
      },
    });
    print(context, [track!]);
  });
}

function print({ out }: CommandContext, tracks: readonly Track[]): void {
  if (tracks.length === 0) out.line('No generalist follows tasks. `medlego track NAME --task A,B` lets one do so.');
  else
    out.table(
      [{ title: 'Generalist' }, { title: 'Tasks' }, { title: 'Method' }, { title: 'Promoted by' }],
      tracks.map(({ generalist, tasks, recipe, autoPromote }) => [
        generalist,
        tasks.join(', '),
        recipe?.method ?? '-',
        autoPromote ? 'the gate' : 'hand',
      ]),
    );
  out.document(
    tracks.map(({ generalist, tasks, recipe, autoPromote }) => ({
      generalist,
      tasks,
      recipe: recipe && {
        method: recipe.method,
        params: JSON.parse(recipe.paramsJson || '{}') as unknown,
        space: recipe.space,
      },
      autoPromote,
    })),
  );
}
