import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { suiteFolder, temporaryFolder } from '@medlego/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { medlegoJson, root } from './medlego.ts';

const main = join(root, 'apps/cli/src/main.ts');
const command = [
  'train',
  '--task',
  'busibreast',
  '--backbone',
  'small',
  '--epochs',
  '6',
  '--lr',
  '3e-3',
  '--threads',
  '1',
  '-o',
  'breast',
];

describe('a training run that is interrupted', { timeout: 240_000 }, () => {
  let expected: string;
  const undisturbed = suiteFolder();
  const prepared = async (home: string): Promise<string> => {
    await medlegoJson(home, 'backbone', 'init', 'vit-nano', '-o', 'small');
    return home;
  };
  beforeAll(async () => {
    expected = (await medlegoJson<{ artifact: string }>(await prepared(undisturbed), ...command)).artifact;
  }, 240_000);

  it.each([
    ['SIGKILL', null],
    ['SIGTERM', 75],
  ] as const)('by %s ends with the same digest when the same command runs again', async (signal, exitCode) => {
    const home = await prepared(temporaryFolder());
    const runFolder = join(home, 'runs', 'breast');
    const child = spawn(process.execPath, [main, ...command], {
      cwd: root,
      env: { ...process.env, MEDLEGO_HOME: home },
      stdio: 'ignore',
    });
    const ended = once(child, 'exit') as Promise<[number | null]>;
    while (!(existsSync(runFolder) && (await readdir(runFolder)).length > 0) && child.exitCode === null)
      await delay(20);
    child.kill(signal);
    expect((await ended)[0]).toBe(exitCode);
    expect((await medlegoJson<{ artifact: string }>(home, ...command)).artifact).toBe(expected);
  });
});
