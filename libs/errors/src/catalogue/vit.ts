import { AppError } from '../app-error.ts';

/** An adapter of a kind that would be computed wrongly here: DoRA, KaSA, trained biases and other variants, named in `feature`. */
export class UnsupportedAdapterError extends AppError {
  readonly code = 'unsupported_adapter';
  readonly kind = 'unsupported';
  readonly facts: { readonly source: string; readonly feature: string; readonly supported: string };
  constructor(facts: UnsupportedAdapterError['facts'], options?: { hint?: string }) {
    super(
      `${facts.source}: adapters with ${facts.feature} are not supported, only ${facts.supported}.${options?.hint ? ` ${options.hint}` : ''}`,
    );
    this.facts = facts;
  }
}

/** A model of a kind that is not computed here, or with a part that is not: layer scale, average pooling and others, named in `feature`. */
export class UnsupportedModelError extends AppError {
  readonly code = 'unsupported_model';
  readonly kind = 'unsupported';
  readonly facts: { readonly source: string; readonly feature: string; readonly supported: string };
  constructor(facts: UnsupportedModelError['facts']) {
    super(`${facts.source}: models with ${facts.feature} are not supported, only ${facts.supported}.`);
    this.facts = facts;
  }
}

/** Tensors in a file that nothing would read. `params` names the first few, `count` all of them. */
export class UnexpectedTensorError extends AppError {
  readonly code = 'unexpected_tensor';
  readonly kind = 'bad_input';
  readonly facts: { readonly source: string; readonly params: readonly string[]; readonly count: number };
  constructor(facts: UnexpectedTensorError['facts']) {
    const more = facts.count > facts.params.length ? ` and ${facts.count - facts.params.length} more` : '';
    super(
      `${facts.source}: expected no other tensors than those of the model or adapter, got ${facts.params.join(', ')}${more}.`,
    );
    this.facts = facts;
  }
}

/** A format whose reader would have to run code from the file. */
export class UnsafeFormatError extends AppError {
  readonly code = 'unsafe_format';
  readonly kind = 'unsupported';
  readonly facts: { readonly file: string; readonly format: string; readonly expected: string };
  constructor(facts: UnsafeFormatError['facts'], options?: { hint?: string }) {
    super(
      `${facts.file}: ${facts.format} files are not read, expected ${facts.expected}.${options?.hint ? ` ${options.hint}` : ''}`,
    );
    this.facts = facts;
  }
}

/** An update that is larger than the weight it changes: a broken scale, or a specialist that would drown the others in a merge. */
export class OutlierNormError extends AppError {
  readonly code = 'outlier_norm';
  readonly kind = 'bad_input';
  readonly facts: { readonly module: string; readonly norm: number; readonly limit: number };
  constructor(facts: OutlierNormError['facts']) {
    super(
      `${facts.module}: expected an update of norm at most ${facts.limit.toPrecision(3)} (that of the weight it changes), got ${facts.norm.toPrecision(3)}. Is its scale right? --force takes it all the same.`,
    );
    this.facts = facts;
  }
}
