import { EvaluationDefinition, RegistryDefinition } from '@medlego/contracts/rpc';
import { AppError } from '@medlego/errors';
import type { CommandContext } from '../context.ts';
import { shortDigest } from '../workspace.ts';
import { connectRemote } from './connect-remote.ts';
import { printPromotions, promotionDocument } from './promotions.ts';

/**
 * Prints what the services know of a generalist: its versions, the one that is served, and every decision with its reason.
 * @returns false for a name that is no generalist
 */
export async function printDecisions(
  context: CommandContext,
  name: string,
  kind: string | undefined,
): Promise<boolean> {
  const { out } = context;
  const rpc = await connectRemote(context);
  const found = await rpc
    .client(RegistryDefinition)
    .getName({ kind: 'generalist', name })
    .catch((error: unknown) => {
      if (kind === undefined && error instanceof AppError && error.code === 'name_not_found') return undefined;
      throw error;
    });
  if (!found) return false;
  const { versions, serving } = found.name!;
  out.table(
    [{ title: 'Version' }, { title: 'Digest' }, { title: 'Since' }, { title: '' }],
    versions.map(({ version, digest, at }) => [
      `${name}@${version}`,
      shortDigest(digest),
      at?.toISOString().slice(0, 19).replace('T', ' ') ?? '-',
      version === serving ? 'served' : '',
    ]),
  );
  const { promotions } = await rpc.client(EvaluationDefinition).listPromotions({ generalist: name });
  if (promotions.length > 0) {
    out.heading('Decisions');
    printPromotions(context, promotions);
  }
  out.document({
    name,
    serving: serving || null,
    versions: versions.map(({ version, digest, at, by }) => ({
      version,
      artifact: digest,
      at: at?.toISOString() ?? null,
      by,
    })),
    decisions: promotions.map(promotionDocument),
  });
  return true;
}
