import { AppError } from '../app-error.ts';

/** A score that is no probability. Logits passed by mistake are the usual reason. */
export class ScoreRangeError extends AppError {
  readonly code = 'score_range';
  readonly kind = 'bad_input';
  readonly facts: { readonly row: number; readonly column: number; readonly actual: number };
  constructor(facts: ScoreRangeError['facts']) {
    super(
      `scores[${facts.row}, ${facts.column}]: expected a probability in [0, 1], got ${facts.actual}. ` +
        'Are these logits? Apply softmax or sigmoid first.',
    );
    this.facts = facts;
  }
}

/** Two sets of scores that do not belong to the same cases, so that no paired comparison is possible. */
export class UnpairedCasesError extends AppError {
  readonly code = 'unpaired_cases';
  readonly kind = 'bad_input';
  readonly facts: { readonly field: string; readonly expected: string; readonly actual: string };
  constructor(facts: UnpairedCasesError['facts']) {
    super(
      `${facts.field}: a paired comparison needs the same cases in the same order on both sides, ` +
        `expected ${facts.expected}, got ${facts.actual}.`,
    );
    this.facts = facts;
  }
}
