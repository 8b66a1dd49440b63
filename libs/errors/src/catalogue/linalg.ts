import { AppError } from '../app-error.ts';

export class NotPositiveDefiniteError extends AppError {
  readonly code = 'not_positive_definite';
  readonly kind = 'bad_input';
  readonly facts: { readonly size: number; readonly pivot: number };
  constructor(facts: NotPositiveDefiniteError['facts']) {
    super(
      `Symmetric matrix [${facts.size}, ${facts.size}]: expected positive pivots, got none at row ${facts.pivot}. ` +
        'Columns depend on each other; a larger ridge makes it solvable.',
    );
    this.facts = facts;
  }
}
