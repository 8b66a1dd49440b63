import type { AdapterUpdates } from '@medlego/linalg';
import {
  memoryReader,
  mergeModels,
  prepareMerge,
  type MergeMember,
  type MergeRecipe,
  type MergeReport,
  type PreparedMerge,
} from '@medlego/merging';
import type { NamedTensors } from '@medlego/tensors';
import { adapterUpdates } from '@medlego/vit';
import type { NamedBackbone } from '@medlego/workflows';
import { isFullModel, type Specialist } from './specialist.ts';

/** A merge to be scored: factored updates, or the weights of a whole model. */
export type Merged = MergedUpdates | MergedModel;

export interface MergedUpdates {
  readonly updates: AdapterUpdates;
  readonly taskUpdates?: Readonly<Record<string, AdapterUpdates>> | undefined;
  readonly report: MergeReport;
}

export interface MergedModel {
  /** By timm's names, without a head. */
  readonly params: NamedTensors;
  readonly report: { readonly params: Readonly<Record<string, unknown>>; readonly space: string };
}

/** The factored updates of a specialist; none for one that is its head alone. */
export const updatesOf = ({ adapter, digest }: Specialist): AdapterUpdates =>
  adapter ? adapterUpdates(adapter.spec, adapter.tensors, digest) : {};

/** The specialists of one sort and seed, prepared on first use and merged by many recipes. */
export class SortMerger {
  readonly specialists: readonly Specialist[];
  readonly #backbone: NamedBackbone;
  #prepared: PreparedMerge | undefined;

  constructor(specialists: readonly Specialist[], backbone: NamedBackbone) {
    this.specialists = specialists;
    this.#backbone = backbone;
  }

  get isFull(): boolean {
    return this.specialists.some(isFullModel);
  }

  get digests(): string[] {
    return this.specialists.map(({ digest }) => digest);
  }

  /** @param weights of members by task; 1 where none is given */
  merge(recipe: MergeRecipe, weights: Readonly<Record<string, number>> = {}): Merged {
    return this.isFull ? this.#mergeModels(recipe, weights) : this.#updates(recipe, weights);
  }

  /** Of factored specialists only: what figures of spectra and energy are made of. */
  report(recipe: MergeRecipe): MergeReport {
    return this.#updates(recipe, {}).report;
  }

  #updates(recipe: MergeRecipe, weights: Readonly<Record<string, number>>): MergedUpdates {
    this.#prepared ??= prepareMerge(
      this.specialists.map((specialist) => ({ ...this.#member(specialist), updates: updatesOf(specialist) })),
      { backbone: this.#backbone.digest },
    );
    return this.#prepared.merge(recipe, weights);
  }

  #mergeModels(recipe: MergeRecipe, weights: Readonly<Record<string, number>>): MergedModel {
    const { tensors, report } = mergeModels(
      this.specialists.map((specialist) => ({
        ...this.#member(specialist),
        weight: weights[specialist.task],
        model: memoryReader(withoutHead(specialist.adapter!.tensors)),
      })),
      memoryReader(withoutHead(this.#backbone.params)),
      { ...recipe, space: 'full' },
      { backbone: this.#backbone.digest },
    );
    return { params: tensors, report: { params: report.params, space: 'full' } };
  }

  #member({ task, digest, artifact, statistics }: Specialist): Omit<MergeMember, 'updates'> {
    return {
      name: task,
      digest,
      backbone: this.#backbone.digest,
      licence: artifact.manifest.tasks[0]!.licence,
      nonCommercial: artifact.manifest.nonCommercial,
      statistics,
    };
  }
}

/** A backbone may come with a classification head, which no task uses. */
const withoutHead = (tensors: NamedTensors): NamedTensors =>
  Object.fromEntries(Object.entries(tensors).filter(([name]) => !name.startsWith('head.')));
