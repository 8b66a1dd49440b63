import { PromotionOutcome, type Promotion } from '@medlego/contracts/rpc';
import type { Decision } from '@medlego/registry';

const outcomes: Readonly<Record<Decision['outcome'], PromotionOutcome>> = {
  promoted: PromotionOutcome.PROMOTION_OUTCOME_PROMOTED,
  'rolled-back': PromotionOutcome.PROMOTION_OUTCOME_ROLLED_BACK,
  refused: PromotionOutcome.PROMOTION_OUTCOME_REFUSED,
};

/** A decision as it is sent. */
export const toPromotion = (generalist: string, artifact: string, decision: Decision): Promotion => ({
  generalist,
  version: decision.version,
  artifact,
  outcome: outcomes[decision.outcome],
  report: decision.report ?? '',
  reason: decision.reason,
  by: decision.by,
  at: new Date(decision.at),
});
