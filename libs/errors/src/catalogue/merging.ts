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

/** A key that a recipe, or the parameters of its method, do not have. */
export class UnknownKeyError extends AppError {
  readonly code = 'unknown_key';
  readonly kind = 'bad_input';
  readonly facts: {
    readonly where: string;
    readonly key: string;
    readonly known: readonly string[];
    readonly nearest?: string | undefined;
  };
  constructor(facts: UnknownKeyError['facts']) {
    const meant = facts.nearest === undefined ? '' : ` Did you mean ${facts.nearest}?`;
    super(`${facts.where} has no ${facts.key}.${meant} It has: ${facts.known.join(', ') || 'nothing'}.`);
    this.facts = facts;
  }
}

/** A change of a generalist's members that cannot be made. */
export class MemberEditError extends AppError {
  readonly code = 'member_edit';
  readonly kind = 'bad_input';
  readonly facts: {
    readonly generalist: string;
    readonly task: string;
    readonly problem: 'not a member' | 'a member already' | 'the last member' | 'named twice';
    readonly members: readonly string[];
  };
  constructor(facts: MemberEditError['facts']) {
    super(`${facts.task} is ${facts.problem} of ${facts.generalist}, whose members are: ${facts.members.join(', ')}.`);
    this.facts = facts;
  }
}

/** A generalist that no merge made, so there is no recipe to change. */
export class NotMergedError extends AppError {
  readonly code = 'not_merged';
  readonly kind = 'unsupported';
  readonly facts: { readonly generalist: string; readonly method: string };
  constructor(facts: NotMergedError['facts']) {
    super(
      `${facts.generalist} was made by ${facts.method} and not by a merge of specialists, so its members cannot be changed. ` +
        'Train it again with the tasks that you want.',
    );
    this.facts = facts;
  }
}

/** A method that adds factors up needs equal ranks; names two members that differ in a module. */
export class MemberRankError extends AppError {
  readonly code = 'member_rank';
  readonly kind = 'bad_input';
  readonly facts: {
    readonly module: string;
    readonly first: string;
    readonly firstRank: number;
    readonly second: string;
    readonly secondRank: number;
  };
  constructor(facts: MemberRankError['facts']) {
    super(
      `${facts.module}: expected factors of one rank, got rank ${facts.firstRank} from ${facts.first} and rank ` +
        `${facts.secondRank} from ${facts.second}. Method average merges updates of any ranks.`,
    );
    this.facts = facts;
  }
}

/** Two whole models that cannot be merged entry by entry: a tensor that one lacks, or of another shape or dtype. */
export class ModelMismatchError extends AppError {
  readonly code = 'model_mismatch';
  readonly kind = 'bad_input';
  readonly facts: {
    readonly tensor: string;
    readonly first: string;
    readonly firstHas: string;
    readonly second: string;
    readonly secondHas: string;
  };
  constructor(facts: ModelMismatchError['facts']) {
    super(
      `Tensor ${facts.tensor}: ${facts.first} has ${facts.firstHas}, ${facts.second} has ${facts.secondHas}. ` +
        'Only models of one architecture can be merged.',
    );
    this.facts = facts;
  }
}
