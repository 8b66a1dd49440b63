import { randomUUID } from 'node:crypto';
import { MergingDefinition, RunState } from '@medlego/contracts/rpc';
import type { RecipeDocument } from '@medlego/workflows';
import type { CommandContext } from '../context.ts';
import { openStore, shortDigest } from '../workspace.ts';
import { connectRemote } from './connect-remote.ts';
import { errorOf, followRuns } from './follow-runs.ts';

export interface MergeRemoteOptions {
  readonly recipe: RecipeDocument;
  readonly name: string;
  readonly requestId?: string;
}

/** Lets the merger make a generalist and says what became of it. */
export async function mergeRemote(context: CommandContext, options: MergeRemoteOptions): Promise<void> {
  const { out } = context;
  const { recipe, name, requestId = `cli-${randomUUID()}` } = options;
  const rpc = await connectRemote(context);
  const { run } = await rpc.client(MergingDefinition).submitMerge({ requestId, name, recipe: toRecipeMessage(recipe) });
  const [ended] = await followRuns(context, rpc, [run!]);
  if (context.signal.aborted) return;
  if (ended!.state !== RunState.RUN_STATE_SUCCEEDED) throw errorOf(ended!);
  const { manifest } = await (await openStore(context)).get(ended!.artifact, { kind: 'generalist' });
  const tasks = manifest.tasks.map((task) => task.name);
  out.line(`Stored generalist ${name} (${shortDigest(ended!.artifact)}): ${tasks.join(', ')}.`);
  out.document({ artifact: ended!.artifact, name, method: recipe.method, tasks, run: ended!.id });
}

/** A recipe as it is sent. */
export const toRecipeMessage = ({
  method,
  params,
  space,
  members,
}: Pick<RecipeDocument, 'method' | 'params' | 'space' | 'members'>) => ({
  method,
  paramsJson: JSON.stringify(params ?? {}),
  space: space ?? '',
  refitHeads: false,
  members: members.map(({ ref, weight }) => ({ specialist: ref, ...(weight !== undefined && { weight }) })),
});
