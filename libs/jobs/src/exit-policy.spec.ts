import { describe, expect, it } from 'vitest';
import { judgeExit } from './exit-policy.ts';

describe('judgeExit', () => {
  it('follows the table of exit codes', () => {
    expect(judgeExit(0, 1, 1)).toEqual({ next: 'succeeded' });
    expect(judgeExit(64, 1, 9)).toMatchObject({ next: 'failed' });
    expect(judgeExit(75, 9, 1)).toMatchObject({ next: 'again', counted: false });
    expect(judgeExit(1, 1, 2)).toMatchObject({ next: 'again', counted: true });
    expect(judgeExit(1, 2, 2)).toMatchObject({ next: 'failed', reason: 'failed with exit code 1 (attempt 2 of 2)' });
    expect(judgeExit(137, 1, 1)).toMatchObject({ next: 'failed' });
  });
});
