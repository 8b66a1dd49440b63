import { innerProduct, type Matrix } from '@medlego/linalg';
import { joinLicences, type JoinedLicence } from '../licence.ts';
import { type MergeWarning, type PerMember } from '../report/merge-report.ts';
import { type ModelSet } from './model-member.ts';

/** What a merge of whole models did; plain JSON, a function of the inputs alone. τ = fine-tuned less backbone. */
export interface ModelMergeReport {
  readonly schema: 'medlego.model-merge-report/1';
  readonly method: string;
  readonly space: 'full';
  /** All parameters, defaults filled in. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly versions: { readonly merging: string };
  readonly backbone: string | null;
  readonly licence: JoinedLicence;
  /** Sorted by name. `norm` is ‖τ‖ over all tensors, as given. */
  readonly members: readonly {
    readonly name: string;
    readonly weight: number;
    readonly digest: string | null;
    readonly licence: string;
    readonly nonCommercial: boolean;
    readonly norm: number;
    readonly balance: number;
  }[];
  /** Sorted naturally; the tensors that were merged. */
  readonly tensors: readonly TensorFigures[];
  /** Names of tensors that are no floating-point numbers and were taken from the backbone. */
  readonly copied: readonly string[];
  readonly totals: {
    readonly parameters: number;
    /** ‖merged τ‖ */
    readonly norm: number;
    /** ⟨merged τ, τᵢ⟩ / ‖τᵢ‖²; null for a zero τᵢ */
    readonly strength: PerMember<number | null>;
    readonly normRatio: PerMember<number | null>;
    /** Cosines between members' τ. */
    readonly pairs: readonly { readonly a: string; readonly b: string; readonly update: number | null }[];
  };
  readonly warnings: readonly MergeWarning[];
}

export interface TensorFigures {
  readonly tensor: string;
  readonly shape: readonly number[];
  /** ‖merged τ‖ */
  readonly norm: number;
  /** ‖τᵢ‖ */
  readonly norms: PerMember<number>;
  readonly strength: PerMember<number | null>;
}

/** Inner products of one tensor: of the members' τ as given with each other and with the merged one. */
export interface TensorProducts {
  readonly parameters: number;
  readonly shape: readonly number[];
  readonly gram: readonly (readonly number[])[];
  readonly withMerged: readonly number[];
  readonly merged: number;
}

/** @param factors what norm balance put on each of `deltas`, and λ on `merged` (which is given before λ) */
export function tensorProducts(
  shape: readonly number[],
  deltas: readonly Matrix[],
  merged: Matrix,
  factors: { readonly balance: readonly number[]; readonly lambda: number },
): TensorProducts {
  const { balance, lambda } = factors;
  return {
    parameters: merged.data.length,
    shape,
    gram: deltas.map((x, i) =>
      deltas.slice(0, i + 1).map((y, j) => innerProduct(x.data, y.data) / (balance[i]! * balance[j]!)),
    ),
    withMerged: deltas.map(({ data }, i) => (lambda * innerProduct(data, merged.data)) / balance[i]!),
    merged: lambda ** 2 * innerProduct(merged.data, merged.data),
  };
}

export function modelReport(
  { members, names, weights, backbone }: ModelSet,
  products: readonly (readonly [string, TensorProducts])[],
  rest: Pick<ModelMergeReport, 'method' | 'params' | 'versions' | 'copied'> & { readonly balance: readonly number[] },
): ModelMergeReport {
  const { balance, ...head } = rest;
  const all = products.map(([, tensor]) => tensor);
  const sum = (value: (tensor: TensorProducts) => number) => all.reduce((total, tensor) => total + value(tensor), 0);
  const perMember = <T>(value: (member: number) => T): PerMember<T> =>
    Object.fromEntries(names.map((name, member) => [name, value(member)]));
  const energies = names.map((_, i) => sum(({ gram }) => gram[i]![i]!));
  const norm = Math.sqrt(sum(({ merged }) => merged));
  return {
    schema: 'medlego.model-merge-report/1',
    space: 'full',
    ...head,
    backbone: backbone ?? null,
    licence: joinLicences(members),
    members: members.map(({ name, digest, licence, nonCommercial }, i) => ({
      name,
      weight: weights[i]!,
      digest: digest ?? null,
      licence: licence ?? 'unknown',
      nonCommercial: joinLicences([{ name, licence, nonCommercial }]).nonCommercial,
      norm: Math.sqrt(energies[i]!),
      balance: balance[i]!,
    })),
    tensors: products.map(([tensor, { shape, gram, withMerged, merged }]) => ({
      tensor,
      shape,
      norm: Math.sqrt(merged),
      norms: perMember((i) => Math.sqrt(gram[i]![i]!)),
      strength: perMember((i) => ratio(withMerged[i]!, gram[i]![i]!)),
    })),
    totals: {
      parameters: sum(({ parameters }) => parameters),
      norm,
      strength: perMember((i) =>
        ratio(
          sum(({ withMerged }) => withMerged[i]!),
          energies[i]!,
        ),
      ),
      normRatio: perMember((i) => ratio(norm, Math.sqrt(energies[i]!))),
      pairs: names.flatMap((a, i) =>
        names.slice(i + 1).map((b, offset) => {
          const j = i + 1 + offset;
          const inner = sum(({ gram }) => gram[j]![i]!);
          return { a, b, update: ratio(inner, Math.sqrt(energies[i]! * energies[j]!)) };
        }),
      ),
    },
    warnings: modelWarnings(names, weights, energies, norm),
  };
}

const ratio = (numerator: number, denominator: number): number | null =>
  denominator > 0 ? numerator / denominator : null;

function modelWarnings(
  names: readonly string[],
  weights: readonly number[],
  energies: readonly number[],
  norm: number,
): MergeWarning[] {
  const zeroResult: MergeWarning[] =
    norm === 0
      ? [{ code: 'zero_result', message: 'The merged update is zero: the generalist is the plain backbone.' }]
      : [];
  return names.reduce<MergeWarning[]>((warnings, member, i) => {
    if (energies[i] === 0)
      warnings.push({ code: 'zero_member', member, message: `${member} is the plain backbone: its update is zero.` });
    if (weights[i] === 0)
      warnings.push({ code: 'zero_weight', member, message: `${member} has weight 0 and adds nothing to the result.` });
    return warnings;
  }, zeroResult);
}
