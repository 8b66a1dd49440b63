import { PromotionOutcome, type Promotion } from '@medlego/contracts/rpc';
import type { CommandContext } from '../context.ts';
import { shortDigest } from '../workspace.ts';

const outcomes: Readonly<Record<PromotionOutcome, string>> = {
  [PromotionOutcome.PROMOTION_OUTCOME_UNSPECIFIED]: '-',
  [PromotionOutcome.PROMOTION_OUTCOME_PROMOTED]: 'promoted',
  [PromotionOutcome.PROMOTION_OUTCOME_ROLLED_BACK]: 'rolled back',
  [PromotionOutcome.PROMOTION_OUTCOME_REFUSED]: 'refused',
};

/** A decision for `--json`. */
export const promotionDocument = (promotion: Promotion) => ({
  generalist: promotion.generalist,
  version: promotion.version,
  artifact: promotion.artifact,
  outcome: outcomes[promotion.outcome],
  report: promotion.report || null,
  reason: promotion.reason,
  by: promotion.by,
  at: promotion.at?.toISOString() ?? null,
});

/** Decisions as a table, oldest first. */
export function printPromotions({ out }: CommandContext, promotions: readonly Promotion[]): void {
  out.table(
    [
      { title: 'Version' },
      { title: 'Decision' },
      { title: 'Digest' },
      { title: 'At' },
      { title: 'By' },
      { title: 'Reason' },
    ],
    promotions.map((promotion) => [
      `${promotion.generalist}@${promotion.version}`,
      outcomes[promotion.outcome],
      shortDigest(promotion.artifact),
      promotion.at?.toISOString().slice(0, 19).replace('T', ' ') ?? '-',
      promotion.by,
      promotion.reason,
    ]),
  );
}
