import { compareCodeUnits } from './order.ts';

/** Terms that a merged adapter inherits: all of its members' together. */
export interface JoinedLicence {
  /** SPDX-like expression: every licence, joined by AND. */
  readonly expression: string;
  /** Each once, sorted; `unknown` where a member names none. */
  readonly licences: readonly string[];
  /** True if any member says so or has a licence with an NC clause. */
  readonly nonCommercial: boolean;
  /** The members that make it non-commercial. */
  readonly nonCommercialMembers: readonly string[];
}

export interface LicensedMember {
  readonly name: string;
  readonly licence?: string | undefined;
  readonly nonCommercial?: boolean | undefined;
}

/** `CC-BY-NC-4.0` and the like. */
const nonCommercialClause = /(^|[-\s(])NC([-\s).]|$)/i;

/** Joins licences; a non-commercial one binds the whole. Independent of the members' order. */
export function joinLicences(members: readonly LicensedMember[]): JoinedLicence {
  const licences = [...new Set(members.map(({ licence }) => licence ?? 'unknown'))].sort(compareCodeUnits);
  const nonCommercialMembers = members
    .filter(({ licence = '', nonCommercial }) => nonCommercial === true || nonCommercialClause.test(licence))
    .map(({ name }) => name)
    .sort(compareCodeUnits);
  return {
    expression: licences
      .map((licence) => (licences.length > 1 && / /.test(licence) ? `(${licence})` : licence))
      .join(' AND '),
    licences,
    nonCommercial: nonCommercialMembers.length > 0,
    nonCommercialMembers,
  };
}
