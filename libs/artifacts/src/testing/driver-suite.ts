import { describe, expect, it } from 'vitest';
import type { ArtifactDriver } from '../driver.ts';

const text = (value: string) => new TextEncoder().encode(value);

async function* pieces(...parts: (string | Error)[]): AsyncIterable<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield text(part);
  }
}

async function keysOf(driver: ArtifactDriver, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of driver.list(prefix)) keys.push(key);
  return keys;
}

async function contentOf(stream: AsyncIterable<Uint8Array> | undefined): Promise<string | undefined> {
  if (!stream) return undefined;
  const decoder = new TextDecoder();
  let content = '';
  for await (const piece of stream) content += decoder.decode(piece, { stream: true });
  return content;
}

/**
 * What every artifact driver must do; run on each implementation.
 * @param create gives an empty driver for one test
 */
export function describeArtifactDriver(name: string, create: () => ArtifactDriver | Promise<ArtifactDriver>): void {
  describe(`artifact driver ${name}`, () => {
    it('gives back what was created, whole and in pieces', async () => {
      const driver = await create();
      expect(await driver.create('a/b', text('hello'))).toBe('created');
      expect(await driver.read('a/b')).toEqual(text('hello'));
      expect(await contentOf(await driver.stream('a/b'))).toBe('hello');
      expect(await driver.stat('a/b')).toMatchObject({ size: 5 });
    });

    it('creates from a stream, and holds empty objects', async () => {
      const driver = await create();
      expect(await driver.create('a', pieces('hel', '', 'lo'))).toBe('created');
      expect(await driver.create('empty', pieces())).toBe('created');
      expect(await driver.read('a')).toEqual(text('hello'));
      expect(await driver.read('empty')).toEqual(text(''));
    });

    it('leaves an object alone that exists', async () => {
      const driver = await create();
      await driver.create('a', text('first'));
      expect(await driver.create('a', text('second'))).toBe('exists');
      expect(await driver.create('a', pieces('third'))).toBe('exists');
      expect(await driver.read('a')).toEqual(text('first'));
    });

    it('lets exactly one of many concurrent writers create a key', async () => {
      const driver = await create();
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, (_, i) => driver.create('names/x/1', text(`writer ${i}`))),
      );
      expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
      expect(await driver.read('names/x/1')).toEqual(text(`writer ${outcomes.indexOf('created')}`));
      expect(await keysOf(driver, 'names/')).toEqual(['names/x/1']);
    });

    it('shows nothing of an object whose source fails half-way', async () => {
      const driver = await create();
      await expect(driver.create('a/b', pieces('half', new Error('source failed')))).rejects.toThrow('source failed');
      expect(await driver.read('a/b')).toBeUndefined();
      expect(await keysOf(driver, 'a/')).toEqual([]);
      expect(await keysOf(driver, 'tmp/')).toEqual([]);
      expect(await driver.create('a/b', text('whole'))).toBe('created');
    });

    it('answers undefined, false and nothing for what is not there', async () => {
      const driver = await create();
      expect(await driver.read('no')).toBeUndefined();
      expect(await driver.stream('no')).toBeUndefined();
      expect(await driver.stat('no')).toBeUndefined();
      expect(await driver.touch('no')).toBe(false);
      expect(await driver.delete('no')).toBe(false);
      expect(await keysOf(driver, 'no/')).toEqual([]);
    });

    it('lists by prefix, sorted by key, and takes no folder for an object', async () => {
      const driver = await create();
      for (const key of ['n/b/1', 'n/a/2', 'n/a/1', 'n/a.x/1', 'n/ab', 'other/1']) await driver.create(key, text(key));
      expect(await keysOf(driver, 'n/')).toEqual(['n/a.x/1', 'n/a/1', 'n/a/2', 'n/ab', 'n/b/1']);
      expect(await keysOf(driver, 'n/a/')).toEqual(['n/a/1', 'n/a/2']);
      expect(await driver.stat('n/a')).toBeUndefined();
    });

    it('has another revision after objects came or went, and the same keys as its listing', async () => {
      const driver = await create();
      const seen: (string | undefined)[] = [await driver.revision?.('n/')];
      for (const change of [
        () => driver.create('n/a', text('1')),
        () => driver.delete('n/a'),
        () => driver.create('n/b', text('2')),
      ]) {
        await change();
        seen.push(await driver.revision?.('n/'));
      }
      const certain = seen.filter((revision) => revision !== undefined);
      expect(new Set(certain).size).toBe(certain.length);
      await driver.create('n/deeper/c', text('3'));
      if (driver.keys) expect(await driver.keys('n/')).toEqual(['n/b']);
      expect((await driver.keys?.('no/')) ?? []).toEqual([]);
    });

    it('deletes, once', async () => {
      const driver = await create();
      await driver.create('a', text('x'));
      expect(await driver.delete('a')).toBe(true);
      expect(await driver.delete('a')).toBe(false);
      expect(await driver.stat('a')).toBeUndefined();
      expect(await driver.create('a', text('y'))).toBe('created');
    });

    it('touches: an object looks new, and remembers when it was created', async () => {
      const driver = await create();
      const before = Date.now();
      await driver.create('a', text('x'));
      const created = (await driver.stat('a'))!;
      expect(await driver.touch('a')).toBe(true);
      const touched = (await driver.stat('a'))!;
      expect(touched.modifiedMs).toBeGreaterThanOrEqual(created.modifiedMs - 1);
      expect(touched.createdMs).toBeLessThanOrEqual(touched.modifiedMs);
      expect(touched.createdMs).toBeGreaterThan(before - 60_000);
    });

    it('gives bytes that the caller may change', async () => {
      const driver = await create();
      const source = text('hello');
      await driver.create('a', source);
      source.fill(0);
      (await driver.read('a'))!.fill(0);
      expect(await driver.read('a')).toEqual(text('hello'));
    });
  });
}
