import { type Command } from 'commander';
import { EvaluationDefinition } from '@medlego/contracts/rpc';
import { InvalidValueError } from '@medlego/errors';
import { wholeNumber } from '../compute-options.ts';
import { defineAction, type CommonOptions } from '../context.ts';
import { connectRemote } from '../remote/connect-remote.ts';
import { printPromotions, promotionDocument } from '../remote/promotions.ts';

/** `chest@3` → name and version. */
function parseVersion(ref: string): { readonly generalist: string; readonly version: number } {
  const [, generalist, version] = /^([^@]+)@(\d+)$/.exec(ref) ?? [];
  if (generalist === undefined || version === undefined)
    throw new InvalidValueError({ field: 'version', expected: 'NAME@VERSION', actual: ref });
  return { generalist, version: Number(version) };
}

interface PromoteOptions extends CommonOptions {
  readonly force?: boolean;
  readonly reason: string;
  readonly expectServing?: number;
}

export function registerPromote(command: Command): void {
  command
    .argument('<name@version>', 'version of a generalist to serve')
    .option('--force', 'skip the gate; kept in the history')
    .option('--reason <text>', 'kept in the history', 'promoted by hand')
    .option('--expect-serving <n>', 'only if this version is served now; 0: none', wholeNumber(0))
    .addHelpText(
      'after',
      '\nThe version needs a report that passes the gate: `medlego evaluate NAME@VERSION --remote ...`.',
    );
  defineAction<[string], PromoteOptions>(command, async (context, { force = false, reason, expectServing }, ref) => {
    const rpc = await connectRemote(context);
    const { promotion } = await rpc.client(EvaluationDefinition).promote({
      ...parseVersion(ref),
      force,
      reason,
      ...(expectServing !== undefined && { expectedServing: expectServing }),
    });
    printPromotions(context, [promotion!]);
    context.out.document(promotionDocument(promotion!));
  });
}

export function registerRollback(command: Command): void {
  command
    .argument('<name>', 'a generalist; NAME@VERSION for a certain earlier version')
    .option('--reason <text>', 'kept in the history', 'rolled back by hand');
  defineAction<[string], CommonOptions & { reason: string }>(command, async (context, { reason }, ref) => {
    const rpc = await connectRemote(context);
    const target = ref.includes('@') ? parseVersion(ref) : { generalist: ref, version: 0 };
    const { promotion } = await rpc.client(EvaluationDefinition).rollBack({ ...target, reason });
    printPromotions(context, [promotion!]);
    context.out.document(promotionDocument(promotion!));
  });
}
