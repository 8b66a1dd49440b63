import type { ArtifactStore } from '@medlego/artifacts';
import { requireSplit, type Dataset, type SplitName } from '@medlego/data';
import type { Engine } from '@medlego/engine';
import { InvalidValueError } from '@medlego/errors';
import { prepareMerge } from '@medlego/merging';
import { splitImages } from '@medlego/training';
import type { NamedBackbone } from '../backbones.ts';
import { createCandidateScorer, type CandidateScorer } from '../candidates/candidate-scorer.ts';
import { loadMembers, type LoadedMember, type MemberRef } from '../generalist/load-members.ts';
import type { RecipeDocument, TunedRecord } from '../generalist/recipe-document.ts';
import type { References, TaskLabels } from './objective.ts';
import type { Dimension } from './search-space.ts';
import { tuneRecipe, type TunedRecipe, type TuneRecipeOptions } from './tune-recipe.ts';

export interface TuneSpecialistsOptions extends Omit<
  TuneRecipeOptions,
  'prepared' | 'scorer' | 'labels' | 'references' | 'weights' | 'search'
> {
  readonly engine: Engine;
  readonly store: ArtifactStore;
  readonly backbone: NamedBackbone;
  readonly members: readonly MemberRef[];
  readonly split: SplitName;
  /** What to vary, given the members' tasks; `defaultSpace` if absent. */
  readonly searchFor?: (tasks: readonly string[]) => readonly Dimension[];
  /** Finds the images of a member's task. */
  readonly dataFor: (member: LoadedMember) => Promise<Dataset>;
}

export interface TunedSpecialists extends TunedRecipe {
  /** As a recipe file holds it; members by digest, so that it makes the same generalist again. */
  readonly document: RecipeDocument & { readonly tuned: TunedRecord };
}

/**
 * Tunes a recipe for specialists of the store on one split of their data. The members are read and brought into core space once, the
 * images preprocessed once, the graph compiled once. Stores nothing: `mergeSpecialists` with the document makes the generalist.
 *
 * @throws as `loadMembers`, `tuneRecipe` and `requireSplit`
 */
export async function tuneSpecialists(options: TuneSpecialistsOptions): Promise<TunedSpecialists> {
  const { engine, store, backbone, split: splitName, method, objective } = options;
  const members = await loadMembers({ store, backbone, members: options.members, method });
  const splits = new Map(
    await Promise.all(
      members.map(
        async (member) => [member.task.name, requireSplit(await options.dataFor(member), splitName)] as const,
      ),
    ),
  );
  const scorer = createCandidateScorer({
    engine,
    backbone,
    modules: [...new Set(members.flatMap(({ member }) => Object.keys(member.updates)))],
    tasks: members.map(({ task, head }) => ({
      name: task.name,
      kind: task.kind,
      head,
      images: splitImages(splits.get(task.name)!, backbone.preprocess),
    })),
  });
  try {
    const labels = Object.fromEntries(
      members.map(({ task }): [string, TaskLabels] => [task.name, { task, labels: splits.get(task.name)!.labels }]),
    );
    const tuned = await tuneRecipe({
      ...options,
      prepared: prepareMerge(
        members.map(({ member }) => member),
        { backbone: backbone.digest },
      ),
      scorer,
      labels,
      weights: Object.fromEntries(members.map(({ task, member }) => [task.name, member.weight ?? 1])),
      ...(options.searchFor && { search: options.searchFor(members.map(({ task }) => task.name)) }),
      ...(objective === 'gain-kept' && { references: await referenceScores(scorer, members) }),
    });
    return { ...tuned, document: documentOf(tuned, members, splitName) };
  } finally {
    await scorer.dispose();
  }
}

/** Scores of the probes (solved heads on the plain backbone) and of the specialists themselves. */
async function referenceScores(scorer: CandidateScorer, members: readonly LoadedMember[]): Promise<References> {
  const probes = members.map(({ task, probe }) => {
    if (probe) return [task.name, probe] as const;
    throw new InvalidValueError({
      field: `${task.name}.probe`,
      expected: 'a specialist with its probe',
      actual: 'none',
    });
  });
  return {
    probe: await scorer.scores({}, { heads: Object.fromEntries(probes) }),
    specialist: await scorer.scores(
      {},
      { taskUpdates: Object.fromEntries(members.map(({ task, member }) => [task.name, member.updates])) },
    ),
  };
}

function documentOf(
  tuned: TunedRecipe,
  members: readonly LoadedMember[],
  split: SplitName,
): TunedSpecialists['document'] {
  return {
    ...tuned.recipe,
    members: members.map(({ task, artifact }) => ({
      ref: artifact.digest,
      task: task.name,
      weight: tuned.weights[task.name]!,
    })),
    tuned: {
      split,
      metric: tuned.metric,
      objective: tuned.objective,
      budget: tuned.budget,
      candidates: tuned.candidates.length,
      seed: tuned.seed,
      tasks: members.map(({ task }) => task.name),
    },
  };
}
