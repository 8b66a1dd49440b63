import { type AdapterUpdates, type LowRankUpdate, type Matrix } from '@medlego/linalg';
import packageJson from '../package.json' with { type: 'json' };
import { balanceFactors } from './balance.ts';
import { updateKey } from './random/content-key.ts';
import { joinLicences } from './licence.ts';
import { collectMembers, withWeights, type MemberSet, type MergeMember, type ModuleMembers } from './members.ts';
import { type ConfiguredMethod, type MergeMethod, type ModuleDeltas } from './merge-method.ts';
import { createScratch, finishModule } from './merge-module.ts';
import { findMethod, findSpace } from './registry.ts';
import { type MergeReport } from './report/merge-report.ts';
import { moduleReport, sumModule } from './report/module-report.ts';
import { analyseModule, type ModuleAnalysis } from './report/pair-figures.ts';
import { totalsReport, type ReportedModule } from './report/totals-report.ts';
import { mergeWarnings } from './report/warnings.ts';
import { coreSpace } from './spaces/core.ts';
import { assertStatistics, moduleStatistics } from './statistics.ts';
import { taskUpdate } from './task-update.ts';
import { moduleDeltas, openModule, type MergeSpace, type ModuleSpace } from './spaces/merge-space.ts';

/** How to merge: what a user writes and an artifact records. */
export interface MergeRecipe {
  /** Id of a method of `mergeMethods`. */
  readonly method: string;
  /** Checked by the method's own schema; defaults filled in. */
  readonly params?: unknown;
  /** The method's first space by default. */
  readonly space?: string | undefined;
}

export interface MergeOptions {
  /** Digest of the backbone at hand; a member that names another is refused. */
  readonly backbone?: string | undefined;
}

export interface MergeResult {
  /** float32 factors: b with orthonormal columns, e falling and positive, a with orthonormal rows, scaling 1. Zero modules are absent. */
  readonly updates: AdapterUpdates;
  /**
   * Per member, for methods that need the task at inference only: what to put in the place of `updates` when that member's
   * task is asked for. Exact factors of the dense update, not orthonormal.
   */
  readonly taskUpdates?: Readonly<Record<string, AdapterUpdates>> | undefined;
  readonly report: MergeReport;
  /** Wall time. Not part of the report, which is the same on every machine. */
  readonly ms: number;
}

/** Members checked and brought into core space once, to be merged by many recipes. */
export interface PreparedMerge {
  /**
   * @param weights by member, in the place of the members' own; members that it does not name keep theirs
   * @throws UnknownMergeMethodError, UnsupportedMergeSpaceError, InvalidValueError for a parameter or weight
   */
  merge(recipe: MergeRecipe, weights?: Readonly<Record<string, number>>): MergeResult;
}

interface PreparedModule extends ModuleMembers {
  readonly core: ModuleSpace;
  readonly analysis: ModuleAnalysis;
}

/**
 * Checks members and computes all that does not depend on the recipe. Holds about N · r · (out + in) float64 per module.
 *
 * @param members in any order; the result depends on their names, not on their order
 * @throws as `collectMembers`
 */
export function prepareMerge(members: readonly MergeMember[], { backbone }: MergeOptions = {}): PreparedMerge {
  const set = collectMembers(members, backbone);
  const modules = set.modules.map((module): PreparedModule => {
    const core = openModule(coreSpace, module.updates);
    return { ...module, core, analysis: analyseModule(core) };
  });
  return {
    merge(recipe, weights) {
      const start = performance.now();
      const method = findMethod(recipe.method);
      const space = findSpace(method, recipe.space);
      const result = mergePrepared(withWeights(set, weights), modules, method.configure(recipe.params), method, space);
      return { ...result, ms: performance.now() - start };
    },
  };
}

/**
 * Merges adapters of one backbone by a recipe. Deterministic: the same members and recipe give the same bytes, whatever the
 * order of the members.
 *
 * @throws UnknownMergeMethodError, UnsupportedMergeSpaceError, InvalidValueError, DuplicateMemberError, MemberBackboneError,
 *         ShapeMismatchError, NonFiniteError
 */
export function mergeAdapters(
  members: readonly MergeMember[],
  recipe: MergeRecipe,
  options: MergeOptions = {},
): MergeResult {
  const start = performance.now();
  const method = findMethod(recipe.method);
  findSpace(method, recipe.space);
  method.configure(recipe.params); // a wrong recipe is refused before the members are worked on
  const result = prepareMerge(members, options).merge(recipe);
  return { ...result, ms: performance.now() - start };
}

function mergePrepared(
  set: MemberSet,
  modules: readonly PreparedModule[],
  configured: ConfiguredMethod,
  method: MergeMethod,
  space: MergeSpace,
): Omit<MergeResult, 'ms'> {
  const { names, weights } = set;
  const { params } = configured;
  const norms = names.map((_, i) => Math.hypot(...modules.map(({ analysis }) => analysis.norms[i]!)));
  const balance = balanceFactors(norms, params.balance);

  const open = (module: PreparedModule): ModuleSpace =>
    space === coreSpace ? module.core : openModule(space, module.updates);
  const read = (module: PreparedModule, opened: ModuleSpace, index: number): ModuleDeltas => ({
    module: module.module,
    space: space.id,
    index,
    count: modules.length,
    ranks: module.updates.map((update) => update?.rank ?? 0),
    factors: opened.parts.map((part, i) => part && { ...part, scaling: part.scaling * balance[i]! }),
    statistics: module.updates.map((update, i) => {
      const statistics = moduleStatistics(set.members[i]!.statistics, module.module);
      if (update) assertStatistics(method, names[i]!, module, statistics);
      return statistics;
    }),
    names,
    contentKey: (member) => updateKey(module.updates[member]),
    deltas: moduleDeltas(opened).map((delta, i) => scaled(delta, balance[i]!)),
  });
  const mergeModule = configured.begin(weights, {
    *[Symbol.iterator]() {
      for (const [index, module] of modules.entries()) yield read(module, open(module), index);
    },
  });

  const scratch = createScratch();
  const perTask = mergeModule.tasks && names.map((): Record<string, LowRankUpdate> => ({}));
  const reported = modules.map((module, index): ReportedModule => {
    const opened = open(module);
    const inputNorm = Math.max(...module.analysis.norms.map((norm, i) => Math.abs(weights[i]! * balance[i]!) * norm));
    const input = read(module, opened, index);
    mergeModule.tasks?.(input).forEach((update, i) => {
      const factors = taskUpdate(update, opened, params.lambda);
      if (factors) perTask![i]![module.module] = factors;
    });
    const merged = finishModule(mergeModule(input), opened, params, inputNorm, scratch);
    return { members: module, merged, sums: sumModule(merged, opened, module.analysis), analysis: module.analysis };
  });

  const totals = totalsReport(names, reported);
  const report: MergeReport = {
    schema: 'medlego.merge-report/1',
    method: method.id,
    space: space.id,
    params: { ...params },
    versions: { merging: packageJson.version },
    backbone: set.backbone ?? null,
    licence: joinLicences(set.members),
    members: set.members.map(({ name, digest, licence, nonCommercial }, i) => ({
      name,
      weight: weights[i]!,
      digest: digest ?? null,
      licence: licence ?? 'unknown',
      nonCommercial: joinLicences([{ name, licence, nonCommercial }]).nonCommercial,
      norm: norms[i]!,
      balance: balance[i]!,
      modules: modules.filter(({ updates }) => updates[i]).length,
      rank: modules.reduce((sum, { updates }) => sum + (updates[i]?.rank ?? 0), 0),
    })),
    modules: reported.map(({ members, merged, sums, analysis }) =>
      moduleReport(names, members, merged, sums, analysis),
    ),
    totals,
    warnings: mergeWarnings(set, norms, totals),
  };
  const updates = Object.fromEntries(
    reported.flatMap(({ members, merged }) => (merged.update ? [[members.module, merged.update]] : [])),
  );
  const taskUpdates = perTask && Object.fromEntries(names.map((name, i) => [name, perTask[i]!]));
  return { updates, report, ...(taskUpdates && { taskUpdates }) };
}

function scaled(delta: Matrix, factor: number): Matrix {
  if (factor !== 1) for (let i = 0; i < delta.data.length; i++) delta.data[i] = delta.data[i]! * factor;
  return delta;
}
