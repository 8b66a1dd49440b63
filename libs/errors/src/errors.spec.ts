import { describe, expect, it } from 'vitest';
import {
  AbortedError,
  describeError,
  DiskFullError,
  exitCodeOf,
  FileNotFoundError,
  InvalidValueError,
  invariant,
  toAppError,
} from './index.ts';

const systemError = (code: string) =>
  Object.assign(new Error(`${code}: failed, open '/x'`), { code, syscall: 'open', errno: -1 });
const operation = { path: 'store', what: 'an artifact' };

describe('toAppError', () => {
  it.each([
    ['ENOENT', 'file_not_found', 64],
    ['ENOTDIR', 'file_not_found', 64],
    ['ENOSPC', 'disk_full', 1],
    ['EDQUOT', 'disk_full', 1],
    ['EACCES', 'access_denied', 64],
    ['EPERM', 'access_denied', 64],
    ['EROFS', 'access_denied', 64],
    ['EISDIR', 'invalid_value', 64],
    ['EEXIST', 'invalid_value', 64],
    ['ENAMETOOLONG', 'invalid_value', 64],
    ['EIO', 'file_access', 1],
    ['EMFILE', 'file_access', 1],
  ])('turns %s into %s, with exit code %i and its cause', (systemCode, code, exitCode) => {
    const cause = systemError(systemCode);
    const error = toAppError(cause, operation);
    expect(error).toMatchObject({ code, cause });
    expect((error as Error).message).toMatch(/^store: /);
    expect(exitCodeOf(error)).toBe(exitCode);
  });

  it('leaves typed errors and bugs as they are', () => {
    const typed = new DiskFullError(operation);
    const bug = new TypeError('x is not a function');
    expect(toAppError(typed, operation)).toBe(typed);
    expect(toAppError(bug, operation)).toBe(bug);
    expect(toAppError('text', operation)).toBe('text');
    expect(
      toAppError(Object.assign(new Error('bad option'), { code: 'ERR_INVALID_ARG_TYPE' }), operation),
    ).not.toHaveProperty('kind');
  });
});

describe('the text of an error', () => {
  it('has the chain of causes below the message', () => {
    const error = new FileNotFoundError(operation, { cause: systemError('ENOENT') });
    expect(describeError(error)).toBe("store: an artifact is not there.\n  because: ENOENT: failed, open '/x'");
  });

  it('does not repeat itself, and ends for a cause that is its own', () => {
    const loop = new Error('loop');
    loop.cause = loop;
    expect(describeError(loop)).toBe('loop');
    expect(describeError(new Error('outer', { cause: new Error('outer') }))).toBe('outer');
    expect(describeError('just text')).toBe('just text');
  });

  it('lists what several failures were', () => {
    const error = new AggregateError(
      [new Error('one'), new Error('two', { cause: new Error('three') })],
      'both failed',
    );
    expect(describeError(error)).toBe('both failed\n  because: one\n  because: two\n    because: three');
  });
});

describe('exit codes', () => {
  it('are 75 for what was stopped on purpose and 1 for a bug', () => {
    expect(exitCodeOf(new AbortedError({ what: 'Training' }))).toBe(75);
    expect(exitCodeOf(new TypeError('bug'))).toBe(1);
    expect(exitCodeOf(undefined)).toBe(1);
  });
});

describe('an error document', () => {
  it('has code, message and facts, and neither cause nor stack', () => {
    const error = new InvalidValueError(
      { field: 'rank', expected: '1 or more', actual: 0 },
      { cause: new Error('secret') },
    );
    expect(JSON.parse(JSON.stringify({ error }))).toEqual({
      error: {
        code: 'invalid_value',
        message: 'rank: expected 1 or more, got 0.',
        facts: { field: 'rank', expected: '1 or more', actual: 0 },
      },
    });
  });
});

describe('invariant', () => {
  it('passes or throws a plain error that asks for a report', () => {
    expect(() => invariant(true, 'x')).not.toThrow();
    expect(() => invariant(0, 'the queue is sorted')).toThrow(
      'Internal error: the queue is sorted. Please report this.',
    );
  });
});
