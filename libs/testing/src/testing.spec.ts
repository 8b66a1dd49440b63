import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  expectClose,
  expectNoLeakedTensors,
  sharedFolder,
  startNode,
  temporaryFolder,
  workspaceRoot,
} from './index.ts';

describe('expectClose', () => {
  it.each<[string, Parameters<typeof expectClose>]>([
    ['numbers', [1.000001, 1]],
    ['typed arrays and lists', [Float32Array.of(1, 2), [1, 2]]],
    [
      'nested lists',
      [
        [[1, 2], [3]],
        [1, 2, 3],
      ],
    ],
    [
      'tensors',
      [
        { shape: [1, 2], data: Float32Array.of(1, 2) },
        { shape: [1, 2], data: Float64Array.of(1, 2) },
      ],
    ],
    ['bigints', [BigInt64Array.of(3n), [3]]],
    [
      'equal infinities and NaN',
      [
        [Infinity, NaN, -0],
        [Infinity, NaN, 0],
      ],
    ],
    ['differences within atol', [[0.001], [0], { rtol: 0, atol: 0.001 }]],
  ])('passes for %s', (_, args) => {
    expect(() => expectClose(...args)).not.toThrow();
  });

  it.each<[string, Parameters<typeof expectClose>, RegExp]>([
    [
      'a difference, and tells the worst',
      [
        [1, 2.1, 3.5],
        [1, 2, 3],
      ],
      /2 of 3 numbers differ .* at index 2: expected 3, got 3.5/,
    ],
    ['NaN for a number', [[NaN], [1]], /expected 1, got NaN/],
    ['infinities of the wrong sign', [[Infinity], [-Infinity]], /1 of 1/],
    ['a difference from zero with atol 0', [[1e-9], [0], { atol: 0 }], /1 of 1/],
    ['lengths', [[1, 2], [1]], /numbers of elements differ/],
    [
      'shapes',
      [
        { shape: [1, 2], data: [1, 2] },
        { shape: [2, 1], data: [1, 2] },
      ],
      /shapes differ/,
    ],
  ])('fails for %s', (_, args, message) => {
    expect(() => expectClose(...args)).toThrow(message);
  });
});

describe('expectNoLeakedTensors', () => {
  it('counts what is left, and passes on the result', async () => {
    let numTensors = 5;
    const tf = { memory: () => ({ numTensors }) };
    expect(await expectNoLeakedTensors(tf, () => 'result')).toBe('result');
    expect(await expectNoLeakedTensors(tf, async () => ++numTensors, { allowed: 1 })).toBe(6);
    await expect(expectNoLeakedTensors(tf, () => numTensors++)).rejects.toThrow('expected 0 tensors to be left, got 1');
    await expect(expectNoLeakedTensors(tf, () => numTensors--)).rejects.toThrow('got -1');
  });
});

describe('temporaryFolder', () => {
  const folders: string[] = [];
  let fromHook: string;
  beforeEach(() => void (fromHook = temporaryFolder()));

  it('is new and empty for each call, in tests and in hooks', () => {
    folders.push(temporaryFolder(), temporaryFolder(), fromHook);
    expect(new Set(folders).size).toBe(3);
    writeFileSync(join(folders[0]!, 'file'), '');
  });

  afterAll(() => {
    for (const folder of folders) if (existsSync(folder)) throw new Error(`${folder} was not removed`);
  });
});

describe('sharedFolder', () => {
  it('says loudly what is skipped when the folder is not there', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    expect(sharedFolder('no-such-folder')).toBeUndefined();
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/SKIPPED.*\.\.\/shared\/no-such-folder/));
    warn.mockRestore();
  });

  it('looks beside the workspace', () => {
    expect(existsSync(join(workspaceRoot(), 'nx.json'))).toBe(true);
  });
});

describe('startNode', () => {
  it('waits for output and kills', async () => {
    const child = startNode(['-e', 'console.log("rea" + "dy"); setInterval(() => {}, 1000)']);
    expect(await child.waitFor(/ready/)).toBe('ready\n');
    expect(await child.kill()).toMatchObject({ code: null, signal: 'SIGKILL', stdout: 'ready\n' });
  });

  it('passes environment and input, and gives code and output', async () => {
    const child = startNode(
      ['-e', 'process.stdin.once("data", (text) => { console.error(process.env.GREETING + text); process.exit(75); })'],
      {
        env: { GREETING: 'hello ' },
      },
    );
    child.write('you');
    expect(await child.ended).toMatchObject({ code: 75, signal: null, stderr: 'hello you\n' });
  });

  it('says so when the process ends before it prints what is awaited', async () => {
    const child = startNode(['-e', 'console.error("broken"); process.exit(3)']);
    await expect(child.waitFor(/ready/)).rejects.toThrow(/ended \(3\) before it printed \/ready\/[^]*broken/);
  });
});
