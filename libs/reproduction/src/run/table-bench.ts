import { requireSplit, type SplitName } from '@medlego/data';
import type { HostTensor } from '@medlego/tensors';
import { splitImages } from '@medlego/training';
import { createCandidateScorer, type CandidateScorer, type NamedBackbone } from '@medlego/workflows';
import type { TableTask } from '../data/open-tasks.ts';
import type { SpecialistSet } from './ensure-specialists.ts';
import type { RunContext } from './run-context.ts';
import { SortMerger, updatesOf, type Merged } from './sort-merger.ts';
import { isFullModel, type Specialist } from './specialist.ts';

type Features = HostTensor<'float32'>;

/** What is scored: the plain backbone, one specialist, or a merge. */
export type Subject = { readonly specialist: Specialist } | { readonly merged: Merged } | 'plain';

/** Tasks, specialists and compiled scorers of one run; what is expensive is made once and on first use. */
export class TableBench {
  readonly context: RunContext;
  readonly tasks: readonly TableTask[];
  readonly #specialists: SpecialistSet;
  readonly #scorers = new Map<SplitName, CandidateScorer>();
  readonly #mergers = new Map<string, SortMerger>();

  constructor(context: RunContext, tasks: readonly TableTask[], specialists: SpecialistSet) {
    this.context = context;
    this.tasks = tasks;
    this.#specialists = specialists;
  }

  get backbone(): NamedBackbone {
    return this.context.backbone;
  }

  merger(sort: string, seed: number): SortMerger {
    const key = `${sort}.${seed}`;
    const merger = this.#mergers.get(key) ?? new SortMerger(this.#specialists.of(sort, seed), this.backbone);
    this.#mergers.set(key, merger);
    return merger;
  }

  /** Any specialist's solved probe head; it is the same for all sorts and seeds that share the class weights. */
  specialists(sort: string, seed: number): readonly Specialist[] {
    return this.#specialists.of(sort, seed);
  }

  /** Features [n, dim] of one task's images in a split, under the subject. */
  async features(task: string, split: SplitName, subject: Subject): Promise<Features> {
    const scorer = this.scorer(split);
    if (subject === 'plain') return scorer.plainFeatures(task);
    if ('merged' in subject) {
      const { merged } = subject;
      return 'params' in merged
        ? scorer.modelFeatures(task, merged.params)
        : scorer.features(task, merged.taskUpdates?.[task] ?? merged.updates);
    }
    const { specialist } = subject;
    return isFullModel(specialist)
      ? scorer.modelFeatures(task, specialist.adapter!.tensors)
      : scorer.features(task, updatesOf(specialist));
  }

  async dispose(): Promise<void> {
    for (const scorer of this.#scorers.values()) await scorer.dispose();
    this.#scorers.clear();
    this.#mergers.clear();
  }

  /** Keeps the preprocessed images of a split and one compiled graph. */
  scorer(split: SplitName): CandidateScorer {
    const { engine, signal } = this.context;
    let scorer = this.#scorers.get(split);
    if (!scorer) {
      scorer = createCandidateScorer({
        engine,
        backbone: this.backbone,
        tasks: this.tasks.map(({ name, dataset }) => ({
          name,
          kind: dataset.task.kind,
          images: splitImages(requireSplit(dataset, split), this.backbone.preprocess),
        })),
        ...(signal && { signal }),
      });
      this.#scorers.set(split, scorer);
    }
    return scorer;
  }
}
