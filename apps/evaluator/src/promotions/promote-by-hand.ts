import type { ArtifactStore } from '@medlego/artifacts';
import type { Bus } from '@medlego/bus';
import type { PromoteRequest, Promotion, RollBackRequest } from '@medlego/contracts/rpc';
import { GateRefusedError, InvalidValueError } from '@medlego/errors';
import type { Registry } from '@medlego/registry';
import { findEvaluation } from '@medlego/workflows/reports';
import type { GatePolicy } from '../gate/decide-gate.ts';
import { judge } from '../gate/judge.ts';
import { announceDecision, digestOf } from './announce-decision.ts';
import { toPromotion } from './promotion-message.ts';

export interface PromotionOptions {
  readonly bus: Bus;
  readonly registry: Registry;
  readonly store: ArtifactStore;
  readonly policy: GatePolicy;
}

const maxText = 2000;

/**
 * Serves a version (0: the newest) if its newest report on test images passes the gate, or in any case if forced.
 * @throws GateRefusedError with the reasons, which the name's history keeps too; NameNotFoundError, RevisionConflictError
 */
export async function promoteByHand(
  request: PromoteRequest,
  by: string,
  { bus, registry, store, policy }: PromotionOptions,
): Promise<Promotion> {
  const { generalist, force } = request;
  const { names } = registry;
  const version = request.version || (await names.get('generalist', generalist)).versions.at(-1)!.version;
  const artifact = await digestOf(registry, generalist, version);
  const report = (await findEvaluation(store, { digest: artifact as `sha256:${string}` }, { split: 'test' }))?.report
    .digest;
  const verdict = report === undefined ? null : await judge(store, artifact, report, policy);
  if (!verdict?.passes && !force) {
    const reasons = verdict?.reasons ?? [
      `It was not evaluated on test images yet: \`medlego evaluate ${generalist}@${version}\` does.`,
    ];
    if (report !== undefined) {
      const reason = reasons.join(' ').slice(0, maxText);
      const refused = await names.refuse('generalist', generalist, version, { by, reason, report });
      await announceDecision(generalist, refused, { bus, registry });
    }
    throw new GateRefusedError({ generalist, version, reasons });
  }
  const found = verdict?.passes ? verdict.reasons.join(' ') : 'Forced, past the gate.';
  const { expectedServing: serving } = request;
  const decision = await names.promote('generalist', generalist, version, {
    by,
    reason: (request.reason || found).slice(0, maxText),
    ...(report !== undefined && { report }),
    ...(serving !== undefined && { expectedServing: serving === 0 ? null : serving }),
  });
  await announceDecision(generalist, decision, { bus, registry });
  return toPromotion(generalist, artifact, decision);
}

/** Serves an earlier version again (0: the one before). @throws NameNotFoundError, InvalidValueError where none is served */
export async function rollBackByHand(
  { generalist, version, reason }: RollBackRequest,
  by: string,
  { bus, registry }: Pick<PromotionOptions, 'bus' | 'registry'>,
): Promise<Promotion> {
  const { names } = registry;
  const { serving } = await names.get('generalist', generalist);
  if (serving === null)
    throw new InvalidValueError({ field: generalist, expected: 'a version that is served', actual: 'none' });
  const decision = await names.rollBack('generalist', generalist, version || undefined, {
    by,
    reason: (reason || 'By hand.').slice(0, maxText),
  });
  await announceDecision(generalist, decision, { bus, registry });
  return toPromotion(generalist, await digestOf(registry, generalist, decision.version), decision);
}

/** Every decision about a generalist's versions, oldest first. @throws NameNotFoundError */
export async function listPromotions(registry: Registry, generalist: string): Promise<Promotion[]> {
  const { versions, decisions } = await registry.names.history('generalist', generalist);
  const digests = new Map(versions.map(({ version, digest }) => [version, digest]));
  return decisions.map((decision) => toPromotion(generalist, digests.get(decision.version) ?? '', decision));
}
