import { describe, expect, it } from 'vitest';
import { createScope, withScope } from './index.ts';

describe('a scope', () => {
  it('gives back everything in reverse order, whatever way it is given back', async () => {
    const log: string[] = [];
    await withScope(async ({ use, defer }) => {
      await use(Promise.resolve({ dispose: () => void log.push('engine') }));
      await use({ [Symbol.dispose]: () => void log.push('handle') });
      await use({ [Symbol.asyncDispose]: async () => void log.push('server') });
      defer(async () => void log.push('action'));
      log.push('body');
    });
    expect(log).toEqual(['body', 'action', 'server', 'handle', 'engine']);
  });

  it('returns what the body returns, and the resource from use', async () => {
    const resource = { dispose() {}, value: 3 };
    expect(await withScope(async ({ use }) => (await use(resource)).value)).toBe(3);
  });

  it('disposes when the body throws, and tells that failure before any of its own', async () => {
    const log: string[] = [];
    const call = withScope(async ({ defer }) => {
      defer(() => void log.push('disposed'));
      defer(() => {
        throw new Error('while disposing');
      });
      throw new Error('body');
    });
    await expect(call).rejects.toThrow('body');
    expect(log).toEqual(['disposed']);
  });

  it('reports one failure while disposing as it is and several together, having disposed of all', async () => {
    const one = createScope();
    one.defer(() => Promise.reject(new Error('first')));
    await expect(one.dispose()).rejects.toThrow('first');

    const log: string[] = [];
    const several = createScope();
    several.defer(() => void log.push('last'));
    for (const name of ['a', 'b']) several.defer(() => Promise.reject(new Error(name)));
    await expect(several.dispose()).rejects.toMatchObject({ errors: [{ message: 'b' }, { message: 'a' }] });
    expect(log).toEqual(['last']);
  });

  it('disposes once, however often it is asked', async () => {
    let times = 0;
    const scope = createScope();
    scope.defer(() => void times++);
    await scope.dispose();
    await scope[Symbol.asyncDispose]();
    expect(times).toBe(1);
  });
});
