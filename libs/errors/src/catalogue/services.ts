import { AppError } from '../app-error.ts';

/** The broker cannot be reached, or did not answer in time. It is tried again. */
export class BrokerUnavailableError extends AppError {
  readonly code = 'broker_unavailable';
  readonly kind = 'unavailable';
  readonly facts: { readonly server: string; readonly reason: string };
  constructor(facts: BrokerUnavailableError['facts'], options?: { cause?: unknown }) {
    super(`${facts.server}: the broker does not answer (${facts.reason}). Is nats-server running there?`, options);
    this.facts = facts;
  }
}

/** A broker that answers but cannot do what is needed: too old, or started without JetStream. */
export class BrokerUnsupportedError extends AppError {
  readonly code = 'broker_unsupported';
  readonly kind = 'unsupported';
  readonly facts: { readonly server: string; readonly expected: string; readonly actual: string };
  constructor(facts: BrokerUnsupportedError['facts'], options?: { cause?: unknown }) {
    super(`${facts.server}: expected ${facts.expected}, got ${facts.actual}.`, options);
    this.facts = facts;
  }
}

/** No space left in the broker's storage, or a limit of its account. Nothing was accepted. */
export class BrokerFullError extends AppError {
  readonly code = 'broker_full';
  readonly kind = 'exhausted';
  readonly facts: { readonly server: string; readonly what: string; readonly reason: string };
  constructor(facts: BrokerFullError['facts'], options?: { cause?: unknown }) {
    super(`${facts.server}: no room for ${facts.what} (${facts.reason}). Free or add storage there.`, options);
    this.facts = facts;
  }
}

export class DeadLetterNotFoundError extends AppError {
  readonly code = 'dead_letter_not_found';
  readonly kind = 'not_found';
  readonly facts: { readonly id: string };
  constructor(facts: DeadLetterNotFoundError['facts']) {
    super(`${facts.id}: no such dead letter. \`medlego dlq ls\` lists them.`);
    this.facts = facts;
  }
}

/** Compare-and-set lost: somebody else changed the entry since it was read. Read it again and decide anew. */
export class RevisionConflictError extends AppError {
  readonly code = 'revision_conflict';
  readonly kind = 'conflict';
  readonly facts: { readonly key: string; readonly expected: string; readonly actual: string };
  constructor(facts: RevisionConflictError['facts']) {
    super(`${facts.key}: expected ${facts.expected}, got ${facts.actual}. It was changed in between; read it again.`);
    this.facts = facts;
  }
}

export class RunNotFoundError extends AppError {
  readonly code = 'run_not_found';
  readonly kind = 'not_found';
  readonly facts: { readonly id: string };
  constructor(facts: RunNotFoundError['facts']) {
    super(`${facts.id}: no such run. \`medlego runs\` lists them.`);
    this.facts = facts;
  }
}

/** A change that a run's state does not allow, such as progress of a run that has ended. */
export class RunTransitionError extends AppError {
  readonly code = 'run_transition';
  readonly kind = 'conflict';
  readonly facts: { readonly id: string; readonly state: string; readonly change: string };
  constructor(facts: RunTransitionError['facts']) {
    super(`${facts.id}: a run that is ${facts.state} cannot be ${facts.change}.`);
    this.facts = facts;
  }
}

/** A name that the registry does not know, or a version that the name does not have. */
export class NameNotFoundError extends AppError {
  readonly code = 'name_not_found';
  readonly kind = 'not_found';
  readonly facts: { readonly name: string; readonly version: number; readonly known: readonly string[] };
  constructor(facts: NameNotFoundError['facts']) {
    super(
      `${facts.name}${facts.version > 0 ? `@${facts.version}` : ''}: not in the registry. ` +
        (facts.known.length > 0 ? `There are: ${facts.known.join(', ')}.` : 'There is none yet.'),
    );
    this.facts = facts;
  }
}

/** An object store or S3 server that cannot be reached, refuses the credentials' owner or answers with a failure. */
export class RemoteStoreError extends AppError {
  readonly code = 'remote_store';
  readonly kind = 'unavailable';
  readonly facts: { readonly location: string; readonly operation: string; readonly reason: string };
  constructor(facts: RemoteStoreError['facts'], options?: { cause?: unknown }) {
    super(`${facts.location}: ${facts.operation} failed (${facts.reason}).`, options);
    this.facts = facts;
  }
}

/** A service that cannot be reached, or that is shutting down. It is tried again. */
export class ServiceUnavailableError extends AppError {
  readonly code = 'service_unavailable';
  readonly kind = 'unavailable';
  readonly facts: { readonly address: string; readonly reason: string };
  constructor(facts: ServiceUnavailableError['facts'], options?: { cause?: unknown }) {
    super(`${facts.address}: the service does not answer (${facts.reason}). Is it running there?`, options);
    this.facts = facts;
  }
}

/** A version of a generalist that may not be served: what it lost is more than the gate allows, or nobody has measured it. */
export class GateRefusedError extends AppError {
  readonly code = 'gate_refused';
  readonly kind = 'conflict';
  readonly facts: { readonly generalist: string; readonly version: number; readonly reasons: readonly string[] };
  constructor(facts: GateRefusedError['facts']) {
    super(
      `${facts.generalist}@${facts.version} was not promoted: ${facts.reasons.join(' ')} \`--force\` promotes it all the same.`,
    );
    this.facts = facts;
  }
}
