import { describe, expect, it } from 'vitest';
import { LogTail } from './log-archive.ts';

describe('LogTail', () => {
  it('keeps whole lines of the end and counts what it dropped', () => {
    const tail = new LogTail(12);
    for (const line of ['first', 'second', 'third', '']) tail.add(line);
    expect(tail.end()).toEqual({ dropped: 2, lines: ['third', ''] });
  });

  it('keeps a last line that is longer than all room', () => {
    const tail = new LogTail(4);
    tail.add('short');
    tail.add('much longer');
    expect(tail.end()).toEqual({ dropped: 1, lines: ['much longer'] });
  });
});
