import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startNode, temporaryFolder } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { openJournal } from './index.ts';

const fileIn = (folder: string) => join(folder, 'deep', 'log.jsonl');

describe('a journal', () => {
  it('gives back what was appended, in order', async () => {
    const file = fileIn(temporaryFolder());
    const first = await openJournal<number>(file);
    expect(first.records).toEqual([]);
    for (let i = 0; i < 100; i++) first.journal.append(i);
    await Promise.all([first.journal.sync(), first.journal.sync(), first.journal.sync()]);
    await first.journal.close();
    const second = await openJournal<number>(file);
    expect(second.records).toEqual(Array.from({ length: 100 }, (_, i) => i));
    await second.journal.close();
  });

  it('drops a line that a crash cut off, and goes on behind the whole ones', async () => {
    const file = fileIn(temporaryFolder());
    const first = await openJournal<object>(file);
    first.journal.append({ a: 1 });
    await first.journal.close();
    appendFileSync(file, '{"b":');
    const second = await openJournal<object>(file);
    expect(second.records).toEqual([{ a: 1 }]);
    second.journal.append({ c: 3 });
    await second.journal.close();
    expect(readFileSync(file, 'utf8')).toBe('{"a":1}\n{"c":3}\n');
  });

  it('refuses a damaged line in the middle, and names it', async () => {
    const file = fileIn(temporaryFolder());
    const first = await openJournal(file);
    await first.journal.close();
    writeFileSync(file, '{"a":1}\n{"b"\n{"c":3}\n');
    await expect(openJournal(file)).rejects.toMatchObject({
      code: 'file_format',
      facts: { expected: 'JSON in line 2' },
    });
  });

  it('replaces its records as a whole, and appends to the new ones', async () => {
    const file = fileIn(temporaryFolder());
    const first = await openJournal<number>(file);
    for (let i = 0; i < 10; i++) first.journal.append(i);
    await first.journal.rewrite([7, 8]);
    first.journal.append(9);
    await first.journal.close();
    const second = await openJournal<number>(file);
    expect(second.records).toEqual([7, 8, 9]);
    await second.journal.close();
  });

  it('refuses a second opener, and takes over from a process that was killed', async () => {
    const file = fileIn(temporaryFolder());
    const child = startNode([
      '--input-type=module',
      '-e',
      `import { openJournal } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
       const { journal } = await openJournal(${JSON.stringify(file)});
       for (let i = 0; i < 3; i++) journal.append(i);
       console.log('ready');
       setInterval(() => {}, 1000);`,
    ]);
    await child.waitFor(/ready/);
    await expect(openJournal(file)).rejects.toMatchObject({ code: 'file_access' });
    await child.kill();
    const { journal, records } = await openJournal<number>(file);
    expect(records).toEqual([0, 1, 2]);
    await journal.close();
  });
});
