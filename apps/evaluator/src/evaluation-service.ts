import type { Scope } from '@medlego/access';
import type { EvaluationServiceImplementation } from '@medlego/contracts/rpc';
import { callerOf } from '@medlego/rpc';
import { createRunQueries, toRunMessage } from '@medlego/run-service';
import { compareReports } from './compare-reports.ts';
import { listPromotions, promoteByHand, rollBackByHand, type PromotionOptions } from './promotions/promote-by-hand.ts';
import { submitEvaluation } from './submit-evaluation.ts';

export interface EvaluationServiceOptions extends PromotionOptions {
  /** Told of each run that somebody changed here. */
  readonly onChange: (id: string) => void;
}

/** What each method asks of its caller. */
export const evaluationScopes = {
  submitEvaluation: 'evaluate',
  getEvaluation: 'read',
  listEvaluations: 'read',
  cancelEvaluation: 'evaluate',
  watchEvaluations: 'read',
  compareReports: 'read',
  promote: 'promote',
  rollBack: 'promote',
  listPromotions: 'read',
} as const satisfies Readonly<Record<keyof EvaluationServiceImplementation, Scope>>;

/** Evaluation over gRPC. Methods throw AppErrors; the server makes statuses of them. */
export function createEvaluationService(options: EvaluationServiceOptions): EvaluationServiceImplementation {
  const { registry, store, onChange } = options;
  const queries = createRunQueries({ kind: 'evaluation', ...options });
  return {
    async submitEvaluation(request) {
      const run = await submitEvaluation(request, options);
      onChange(run.id);
      return { run: toRunMessage(run) };
    },
    getEvaluation: (request) => queries.get(request),
    listEvaluations: (request) => queries.list(request),
    cancelEvaluation: (request) => queries.cancel(request),
    watchEvaluations: (request, context) => queries.watch(request, context),
    async compareReports({ refs }) {
      return { comparisonJson: await compareReports(store, refs) };
    },
    async promote(request, context) {
      return { promotion: await promoteByHand(request, callerOf(context).subject, options) };
    },
    async rollBack(request, context) {
      return { promotion: await rollBackByHand(request, callerOf(context).subject, options) };
    },
    async listPromotions({ generalist }) {
      return { promotions: await listPromotions(registry, generalist) };
    },
  };
}
