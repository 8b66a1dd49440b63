import { AppError } from '../app-error.ts';

const short = (digest: string) => (digest.startsWith('sha256:') ? digest.slice(0, 'sha256:'.length + 12) : digest);

export class ArtifactNotFoundError extends AppError {
  readonly code = 'artifact_not_found';
  readonly kind = 'not_found';
  readonly facts: { readonly ref: string; readonly wanted: string; readonly known: readonly string[] };
  constructor(facts: ArtifactNotFoundError['facts']) {
    super(
      `${facts.ref}: no such ${facts.wanted} in the store. ` +
        (facts.known.length > 0 ? `There are: ${facts.known.join(', ')}.` : 'There is none yet.'),
    );
    this.facts = facts;
  }
}

/** A reference that several artifacts answer to. */
export class AmbiguousRefError extends AppError {
  readonly code = 'ambiguous_ref';
  readonly kind = 'bad_input';
  readonly facts: { readonly ref: string; readonly candidates: readonly string[] };
  constructor(facts: AmbiguousRefError['facts']) {
    super(`${facts.ref}: expected one artifact, got ${facts.candidates.length}: ${facts.candidates.join(', ')}.`);
    this.facts = facts;
  }
}

/** An adapter that was trained on other frozen weights: its numbers mean nothing here. */
export class WrongBackboneError extends AppError {
  readonly code = 'wrong_backbone';
  readonly kind = 'bad_input';
  readonly facts: { readonly subject: string; readonly expected: string; readonly actual: string };
  constructor(facts: WrongBackboneError['facts']) {
    super(
      `${facts.subject}: expected the backbone ${short(facts.expected)}, got ${short(facts.actual)}. ` +
        'Adapters only fit the weights that they were trained on; train this task on the same backbone.',
    );
    this.facts = facts;
  }
}

/** Stored bytes whose SHA-256 is not their name. They are never used. */
export class CorruptBlobError extends AppError {
  readonly code = 'corrupt_blob';
  readonly kind = 'corrupt';
  readonly facts: { readonly subject: string; readonly expected: string; readonly actual: string };
  constructor(facts: CorruptBlobError['facts']) {
    super(
      `${facts.subject}: expected bytes with digest ${facts.expected}, got ${facts.actual}. ` +
        '`medlego verify` lists what is damaged; storing the same artifact again repairs it.',
    );
    this.facts = facts;
  }
}

export class MissingBlobError extends AppError {
  readonly code = 'missing_blob';
  readonly kind = 'corrupt';
  readonly facts: { readonly subject: string; readonly digest: string };
  constructor(facts: MissingBlobError['facts']) {
    super(
      `${facts.subject}: its bytes ${facts.digest} are not in the store. Storing the same artifact again restores them.`,
    );
    this.facts = facts;
  }
}

/** A manifest written by a newer version than this one. */
export class ManifestVersionError extends AppError {
  readonly code = 'manifest_version';
  readonly kind = 'unsupported';
  readonly facts: { readonly subject: string; readonly expected: string; readonly actual: string };
  constructor(facts: ManifestVersionError['facts']) {
    super(
      `${facts.subject}: expected a manifest of ${facts.expected}, got ${facts.actual}. A newer Med-LEGO wrote it.`,
    );
    this.facts = facts;
  }
}

/** Compare-and-set of a name lost: somebody else moved it. */
export class NameConflictError extends AppError {
  readonly code = 'name_conflict';
  readonly kind = 'conflict';
  readonly facts: { readonly name: string; readonly expected: string; readonly actual: string };
  constructor(facts: NameConflictError['facts']) {
    super(`${facts.name}: expected it to point at ${facts.expected}, but it points at ${facts.actual}.`);
    this.facts = facts;
  }
}

/** A signature that is asked for is missing, wrong, or made with a key that is not trusted. */
export class UntrustedArtifactError extends AppError {
  readonly code = 'untrusted_artifact';
  readonly kind = 'bad_input';
  readonly facts: { readonly subject: string; readonly trusted: readonly string[]; readonly found: readonly string[] };
  constructor(facts: UntrustedArtifactError['facts']) {
    super(
      `${facts.subject}: expected a signature by one of [${facts.trusted.join(', ')}], ` +
        `got ${facts.found.length > 0 ? facts.found.join(', ') : 'none'}.`,
    );
    this.facts = facts;
  }
}
