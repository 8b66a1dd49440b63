import { AppError } from '../app-error.ts';

export class UnknownMergeMethodError extends AppError {
  readonly code = 'unknown_merge_method';
  readonly kind = 'bad_input';
  readonly facts: { readonly method: string; readonly known: readonly string[] };
  constructor(facts: UnknownMergeMethodError['facts']) {
    super(`Merge method ${facts.method} does not exist. Known methods: ${facts.known.join(', ')}.`);
    this.facts = facts;
  }
}

/** The space exists, but this method is not defined on it, or it does not exist at all. */
export class UnsupportedMergeSpaceError extends AppError {
  readonly code = 'unsupported_merge_space';
  readonly kind = 'bad_input';
  readonly facts: { readonly method: string; readonly space: string; readonly supported: readonly string[] };
  constructor(facts: UnsupportedMergeSpaceError['facts']) {
    super(`Merge method ${facts.method} works in: ${facts.supported.join(', ')}; got space ${facts.space}.`);
    this.facts = facts;
  }
}

export class DuplicateMemberError extends AppError {
  readonly code = 'duplicate_member';
  readonly kind = 'bad_input';
  readonly facts: { readonly name: string };
  constructor(facts: DuplicateMemberError['facts']) {
    super(`Member ${facts.name} is listed more than once; give it one entry with a larger weight instead.`);
    this.facts = facts;
  }
}

/** Two members, or a member and the backbone at hand, name different backbone weights. */
export class MemberBackboneError extends AppError {
  readonly code = 'member_backbone';
  readonly kind = 'bad_input';
  readonly facts: { readonly member: string; readonly expected: string; readonly actual: string };
  constructor(facts: MemberBackboneError['facts']) {
    super(
      `Member ${facts.member}: expected an adapter of backbone ${facts.expected}, got one of ${facts.actual}. ` +
        'Only adapters of the same backbone weights can be merged.',
    );
    this.facts = facts;
  }
}

/** A method that needs statistics of the members' data, and a member without them. */
export class MissingStatisticsError extends AppError {
  readonly code = 'missing_statistics';
  readonly kind = 'bad_input';
  readonly facts: {
    readonly method: string;
    readonly member: string;
    readonly kind: string;
    readonly module: string;
  };
  constructor(facts: MissingStatisticsError['facts']) {
    super(
      `Merge method ${facts.method} needs ${facts.kind} statistics; member ${facts.member} has none for ${facts.module}. ` +
        `Train it with --stats ${facts.kind}.`,
    );
    this.facts = facts;
  }
}
