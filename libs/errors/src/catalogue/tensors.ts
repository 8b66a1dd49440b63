import { AppError } from '../app-error.ts';

const dims = (shape: readonly number[]) => `[${shape.join(', ')}]`;

export class ShapeMismatchError extends AppError {
  readonly code = 'shape_mismatch';
  readonly kind = 'bad_input';
  readonly facts: { readonly param: string; readonly expected: readonly number[]; readonly actual: readonly number[] };
  constructor(facts: ShapeMismatchError['facts']) {
    super(`${facts.param}: expected shape ${dims(facts.expected)}, got ${dims(facts.actual)}.`);
    this.facts = facts;
  }
}

/** A value of the wrong type or outside its range, in a setting, a file field or an argument. */
export class InvalidValueError extends AppError {
  readonly code = 'invalid_value';
  readonly kind = 'bad_input';
  readonly facts: { readonly field: string; readonly expected: string; readonly actual: unknown };
  constructor(facts: InvalidValueError['facts'], options?: { cause?: unknown; hint?: string }) {
    super(
      `${facts.field}: expected ${facts.expected}, got ${String(facts.actual)}.${options?.hint ? ` ${options.hint}` : ''}`,
      options,
    );
    this.facts = facts;
  }
}

export class NonFiniteError extends AppError {
  readonly code = 'non_finite';
  readonly kind = 'bad_input';
  readonly facts: { readonly param: string; readonly index: number; readonly value: string };
  constructor(facts: NonFiniteError['facts']) {
    super(`${facts.param}: expected finite numbers, got ${facts.value} at index ${facts.index}.`);
    this.facts = facts;
  }
}

export class MissingTensorError extends AppError {
  readonly code = 'missing_tensor';
  readonly kind = 'bad_input';
  readonly facts: { readonly param: string; readonly source: string };
  constructor(facts: MissingTensorError['facts']) {
    super(`${facts.source}: tensor ${facts.param} is missing.`);
    this.facts = facts;
  }
}

/** A file that is not what its name or its reader says: truncated, wrong magic bytes, bad header. */
export class FileFormatError extends AppError {
  readonly code = 'file_format';
  readonly kind = 'bad_input';
  readonly facts: { readonly file: string; readonly expected: string; readonly actual: string };
  constructor(facts: FileFormatError['facts'], options?: { cause?: unknown }) {
    super(`${facts.file}: expected ${facts.expected}, got ${facts.actual}.`, options);
    this.facts = facts;
  }
}
