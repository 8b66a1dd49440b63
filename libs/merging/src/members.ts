import { DuplicateMemberError, InvalidValueError, MemberBackboneError, ShapeMismatchError } from '@medlego/errors';
import { assertLowRankUpdate, type AdapterUpdates, type LowRankUpdate } from '@medlego/linalg';
import { compareCodeUnits, compareNatural } from './order.ts';
import { type MemberStatistics } from './statistics.ts';

/** One specialist in a merge. */
export interface MergeMember {
  /** Unique within the merge; reports name the member by it. */
  readonly name: string;
  readonly updates: AdapterUpdates;
  /** Relative to the other members, any sign; 1 by default. */
  readonly weight?: number | undefined;
  /** Digest of the artifact that the updates come from; goes into the report. */
  readonly digest?: string | undefined;
  /** Digest of the backbone that it was trained on; all that name one must agree. */
  readonly backbone?: string | undefined;
  readonly licence?: string | undefined;
  readonly nonCommercial?: boolean | undefined;
  /** For methods that need them; borrowed. */
  readonly statistics?: MemberStatistics | undefined;
}

/** Members checked and sorted by name, modules sorted naturally: what a merge depends on, whatever order they came in. */
export interface MemberSet {
  readonly members: readonly MergeMember[];
  readonly names: readonly string[];
  readonly weights: readonly number[];
  readonly modules: readonly ModuleMembers[];
  readonly backbone: string | undefined;
}

/** One module with the members' updates, undefined where a member does not touch it. */
export interface ModuleMembers {
  readonly module: string;
  readonly out: number;
  readonly in: number;
  readonly updates: readonly (LowRankUpdate | undefined)[];
}

/**
 * Checks members and brings them into canonical order.
 *
 * A member without some module of the others is allowed: its update there is zero, exactly.
 *
 * @param backbone digest that every member which names one must have; the first member's by default
 * @throws InvalidValueError (no members, no modules, empty name, weight not finite), DuplicateMemberError,
 *         MemberBackboneError, ShapeMismatchError, NonFiniteError
 */
export function collectMembers(input: readonly MergeMember[], backbone?: string): MemberSet {
  const { members, expected } = sortMembers(input, backbone);
  for (const { name, updates } of members)
    if (Object.keys(updates).length === 0)
      throw new InvalidValueError({ field: `${name}.updates`, expected: 'at least one module', actual: 0 });
  return {
    members,
    names: members.map(({ name }) => name),
    weights: members.map(({ weight = 1 }) => weight),
    modules: collectModules(members),
    backbone: expected,
  };
}

/**
 * Members sorted by name, and the digest of their backbone.
 * @throws InvalidValueError (no members, empty name, weight not finite), DuplicateMemberError, MemberBackboneError
 */
export function sortMembers<M extends Pick<MergeMember, 'name' | 'weight' | 'backbone'>>(
  input: readonly M[],
  backbone?: string,
): { members: M[]; expected: string | undefined } {
  if (input.length === 0) throw new InvalidValueError({ field: 'members', expected: 'at least one member', actual: 0 });
  const members = input.toSorted((a, b) => compareCodeUnits(a.name, b.name));
  const expected = backbone ?? members.find((member) => member.backbone !== undefined)?.backbone;
  members.forEach((member, index) => {
    const { name, weight = 1 } = member;
    if (name === '') throw new InvalidValueError({ field: 'members.name', expected: 'a name', actual: '""' });
    if (name === members[index - 1]?.name) throw new DuplicateMemberError({ name });
    if (!Number.isFinite(weight))
      throw new InvalidValueError({ field: `${name}.weight`, expected: 'a finite number', actual: weight });
    if (member.backbone !== undefined && member.backbone !== expected)
      throw new MemberBackboneError({ member: name, expected: expected!, actual: member.backbone });
  });
  return { members, expected };
}

/** The same members with other weights. @throws InvalidValueError for a name that is no member or a weight that is not finite */
export function withWeights(set: MemberSet, weights: Readonly<Record<string, number>> = {}): MemberSet {
  for (const [name, weight] of Object.entries(weights)) {
    if (!set.names.includes(name))
      throw new InvalidValueError({ field: 'weights', expected: `members: ${set.names.join(', ')}`, actual: name });
    if (!Number.isFinite(weight))
      throw new InvalidValueError({ field: `${name}.weight`, expected: 'a finite number', actual: weight });
  }
  const members = set.members.map((member) => ({ ...member, weight: weights[member.name] ?? member.weight }));
  return { ...set, members, weights: members.map(({ weight = 1 }) => weight) };
}

function collectModules(members: readonly MergeMember[]): ModuleMembers[] {
  const byModule = new Map<string, (LowRankUpdate | undefined)[]>();
  const owner = new Map<string, { name: string; update: LowRankUpdate }>();
  members.forEach(({ name, updates }, index) => {
    for (const [module, update] of Object.entries(updates)) {
      assertLowRankUpdate(`${name}.${module}`, update);
      const first = owner.get(module)?.update ?? update;
      if (update.out !== first.out || update.in !== first.in)
        throw new ShapeMismatchError({
          param: `${name}.${module} (beside ${owner.get(module)!.name}; do both belong to one backbone?)`,
          expected: [first.out, first.in],
          actual: [update.out, update.in],
        });
      if (first === update) owner.set(module, { name, update });
      const list = byModule.get(module) ?? Array.from(members, () => undefined);
      list[index] = update;
      byModule.set(module, list);
    }
  });
  return [...byModule]
    .sort(([a], [b]) => compareNatural(a, b))
    .map(([module, updates]) => {
      const { out, in: columns } = owner.get(module)!.update;
      return { module, out, in: columns, updates };
    });
}
