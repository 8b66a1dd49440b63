import { UnsupportedMergeSpaceError } from '@medlego/errors';
import { frobeniusNorm, weightedSum, type Matrix } from '@medlego/linalg';
import { assertFinite, type HostTensor } from '@medlego/tensors';
import packageJson from '../../package.json' with { type: 'json' };
import { balanceFactors } from '../balance.ts';
import { type MergeRecipe } from '../merge.ts';
import { type MergeMethod, type ModuleDeltas } from '../merge-method.ts';
import { meanWeights } from '../merge-params.ts';
import { hashBits } from '../random/content-key.ts';
import { findMethod, findSpace } from '../registry.ts';
import { assertStatistics, moduleStatistics } from '../statistics.ts';
import { cutMatrix } from './cut-matrix.ts';
import { collectModels, type ModelMember, type TensorHeader, type TensorReader } from './model-member.ts';
import { modelReport, tensorProducts, type ModelMergeReport, type TensorProducts } from './model-report.ts';
import { addTaskVector, isMatrix, isMerged, matrixShape, taskVector } from './task-vector.ts';

/** A merge of whole models, tensor by tensor. */
export interface PreparedModelMerge {
  /** dtype and shape of every tensor of the result: the backbone's. */
  readonly tensors: Readonly<Record<string, TensorHeader>>;
  /** Merges one tensor; holds the members' τ of this tensor and nothing of others. Owned by the caller unless copied from the backbone. */
  merge(name: string): HostTensor;
  /** Of the tensors merged so far. */
  report(): ModelMergeReport;
}

/**
 * Checks models and recipe and makes the passes over all tensors that the method needs before the first is merged (TIES's
 * threshold, norm balance). Memory: one tensor of each model and its τ in float64, twice.
 *
 * The methods are those of adapters in space `full`, on τᵢ = θᵢ − θ₀. Methods for matrices (`matricesOnly`) leave all other
 * tensors the plain mean of τ, as published. λ applies to every tensor; a rank cut to matrices only.
 *
 * @throws UnknownMergeMethodError, UnsupportedMergeSpaceError (a method on factors, or one that needs the task at inference),
 *         InvalidValueError, ModelMismatchError, DuplicateMemberError, MemberBackboneError, NonFiniteError, MissingStatisticsError
 */
export function prepareModelMerge(
  input: readonly ModelMember[],
  base: TensorReader,
  recipe: MergeRecipe,
  { backbone }: { readonly backbone?: string | undefined } = {},
): PreparedModelMerge {
  const method = findMethod(recipe.method);
  assertWholeModels(method, recipe.space);
  const configured = method.configure(recipe.params);
  const { params } = configured;
  const set = collectModels(input, base, backbone);
  const { members, names, weights } = set;

  const merged = set.tensors.filter((name) => isMerged(base.tensors[name]!));
  const byMethod = merged.filter((name) => !method.matricesOnly || isMatrix(base.tensors[name]!));
  const places = new Map(byMethod.map((name, index) => [name, index]));
  const readDeltas = (name: string): Matrix[] => {
    const theta0 = base.read(name);
    return members.map(({ model, name: member }) => {
      const theta = model.read(name);
      const delta = taskVector(theta, theta0);
      if (!Number.isFinite(frobeniusNorm(delta.data))) {
        assertFinite(`${member}.${name}`, theta);
        assertFinite(`backbone.${name}`, theta0);
      }
      return delta;
    });
  };
  const balance = balanceFactors(
    params.balance === 'none' ? names.map(() => 1) : wholeNorms(merged, readDeltas, names.length),
    params.balance,
  );
  const readBalanced = (name: string): Matrix[] =>
    readDeltas(name).map((delta, i) => (balance[i] === 1 ? delta : weightedSum([delta], [balance[i]!])));

  const moduleOf = (name: string, deltas: readonly Matrix[]): ModuleDeltas => {
    const { rows, cols } = matrixShape(base.tensors[name]!);
    return {
      module: name,
      index: places.get(name)!,
      count: byMethod.length,
      space: 'full',
      ranks: names.map(() => Math.min(rows, cols)),
      factors: names.map(() => undefined),
      statistics: members.map(({ statistics, name: member }) => {
        const found = moduleStatistics(statistics, name);
        assertStatistics(method, member, { module: name, out: rows, in: cols }, found);
        return found;
      }),
      names,
      contentKey: (member) => hashBits(members[member]!.model.read(name).data),
      deltas,
    };
  };
  const mergeTensor = configured.begin(weights, {
    *[Symbol.iterator]() {
      for (const name of byMethod) yield moduleOf(name, readBalanced(name));
    },
  });
  const mean = meanWeights(weights, 'members');

  const products = new Map<string, TensorProducts>();
  return {
    tensors: base.tensors,
    merge(name) {
      const theta0 = base.read(name);
      if (!isMerged(theta0)) return theta0;
      const deltas = readBalanced(name);
      const result = places.has(name) ? mergeTensor(moduleOf(name, deltas)) : weightedSum(deltas, mean);
      const kept = isMatrix(theta0) ? cutMatrix(result, params) : result;
      products.set(name, tensorProducts(theta0.shape, deltas, kept, { balance, lambda: params.lambda }));
      return addTaskVector(theta0, kept, params.lambda);
    },
    report: () =>
      modelReport(
        set,
        merged.flatMap((name) => (products.has(name) ? [[name, products.get(name)!] as const] : [])),
        {
          method: method.id,
          params: { ...params },
          versions: { merging: packageJson.version },
          copied: set.tensors.filter((name) => !isMerged(base.tensors[name]!)),
          balance,
        },
      ),
  };
}

function assertWholeModels(method: MergeMethod, space: string | undefined): void {
  const refuse = (supported: string) =>
    new UnsupportedMergeSpaceError({ method: method.id, space: 'whole models', supported: [supported] });
  if (method.factorsOnly) throw refuse('low-rank factors');
  if (method.needsTask) throw refuse('adapters');
  findSpace(method, 'full');
  if (space !== undefined && space !== 'full')
    throw new UnsupportedMergeSpaceError({ method: method.id, space: `${space} of whole models`, supported: ['full'] });
}

function wholeNorms(names: readonly string[], read: (name: string) => Matrix[], members: number): number[] {
  const energies = new Array<number>(members).fill(0);
  for (const name of names)
    read(name).forEach(({ data }, i) => (energies[i] = energies[i]! + frobeniusNorm(data) ** 2));
  return energies.map(Math.sqrt);
}
