import { assertName, type ArtifactStore } from '@medlego/artifacts';
import type { Bus } from '@medlego/bus';
import type { SubmitMergeRequest } from '@medlego/contracts/rpc';
import type { Registry, RunAt } from '@medlego/registry';
import { findRun, submitRun } from '@medlego/run-service';
import { checkMembers, checkRecipe } from './check-recipe.ts';
import { specOf, toSpecJson } from './merge-spec.ts';

export interface SubmitMergeOptions {
  readonly bus: Bus;
  readonly registry: Registry;
  readonly store: ArtifactStore;
}

/**
 * Records a merge. The same request again is the same run, with the specialists that its names stood for at first.
 * @throws as `assertName`, `checkRecipe` and `checkMembers`; InvalidValueError for a request id that stands for another request
 */
export async function submitMerge(request: SubmitMergeRequest, options: SubmitMergeOptions): Promise<RunAt> {
  const { requestId, name } = request;
  assertName(name);
  const recipe = checkRecipe(request.recipe);
  const named = request.recipe!.members;
  const requested = named.map(({ specialist, weight }) => `${specialist}${weight === undefined ? '' : ` ${weight}`}`);
  const known = await findRun(options.registry, 'merging', requestId);
  const members = known ? specOf(known).members : await checkMembers(options.store, named);
  const spec = toSpecJson({ recipe, requested, members, plan: null });
  return submitRun({ kind: 'merging', requestId, name, spec }, options);
}
