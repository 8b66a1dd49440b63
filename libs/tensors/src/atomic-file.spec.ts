import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startNode, temporaryFolder } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { writeFileAtomic } from './atomic-file.ts';

async function* failing() {
  yield new Uint8Array(1000);
  throw new Error('source failed');
}

describe('an atomic write', () => {
  it.each<[string, Parameters<typeof writeFileAtomic>[1]]>([
    ['text', 'hello'],
    ['bytes', new TextEncoder().encode('hello')],
    ['pieces', ['he', 'llo'].map((part) => new TextEncoder().encode(part))],
  ])('writes %s, and replaces what was there', async (_, data) => {
    const path = join(temporaryFolder(), 'file');
    writeFileSync(path, 'something longer');
    await writeFileAtomic(path, data);
    expect(readFileSync(path, 'utf8')).toBe('hello');
  });

  it('leaves the old file and no other when its source fails', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'file');
    writeFileSync(path, 'old');
    await expect(writeFileAtomic(path, failing())).rejects.toThrow('source failed');
    expect(readdirSync(folder)).toEqual(['file']);
    expect(readFileSync(path, 'utf8')).toBe('old');
  });

  it('names the folder that is missing, and the folder in its place', async () => {
    const folder = temporaryFolder();
    await expect(writeFileAtomic(join(folder, 'no', 'file'), '', { what: 'checkpoint' })).rejects.toMatchObject({
      code: 'file_not_found',
      facts: { what: 'checkpoint' },
    });
    mkdirSync(join(folder, 'folder', 'full'), { recursive: true });
    await expect(writeFileAtomic(join(folder, 'folder'), '')).rejects.toMatchObject({ code: 'invalid_value' });
    expect(readdirSync(folder)).toEqual(['folder']);
  });

  it('shows an old or a new file, whole, when the writer is killed', async () => {
    const path = join(temporaryFolder(), 'file');
    const module = new URL('./atomic-file.ts', import.meta.url).href;
    const child = startNode([
      '--input-type=module',
      '-e',
      `const { writeFileAtomic } = await import(${JSON.stringify(module)});
       for (let i = 0; ; i++) {
         await writeFileAtomic(${JSON.stringify(path)}, new Uint8Array(500_000).fill(i));
         process.stdout.write('.');
       }`,
    ]);
    await child.waitFor(/\.{5}/);
    await child.kill();
    const bytes = readFileSync(path);
    expect(bytes.length).toBe(500_000);
    expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
  });
});
