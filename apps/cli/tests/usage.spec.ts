import { execFileSync } from 'node:child_process';
import type { Command } from 'commander';
import { mergeMethods } from '@medlego/merging';
import { temporaryFolder } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../src/cli.ts';
import { medlego } from './medlego.ts';

const all = (command: Command): Command[] => command.commands.flatMap((child) => [child, ...all(child)]);

describe('medlego', () => {
  it('describes every command and takes --json, --quiet and --home where it acts', async () => {
    for (const command of all(await createProgram())) {
      expect(command.description(), command.name()).not.toBe('');
      if (command.commands.length > 0 || command.name() === 'completion') continue;
      const flags = command.options.map((option) => option.long);
      expect(flags, command.name()).toEqual(expect.arrayContaining(['--json', '--quiet', '--home']));
    }
  });

  it('prints help and version with exit code 0', async () => {
    const home = temporaryFolder();
    const [help, version] = await Promise.all([medlego(home, '--help'), medlego(home, '--version')]);
    expect(help).toMatchObject({ code: 0 });
    expect(help.stdout).toContain('medlego merge pneumonia blood breast');
    expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  it('answers a wrong call with exit code 64, in words or as one JSON document', async () => {
    const home = temporaryFolder();
    const [unknown, misspelt, inJson] = await Promise.all([
      medlego(home, 'trian'),
      medlego(home, 'merge', 'a', '--treshold', '0.9'),
      medlego(home, 'merge', 'a', '--threshold', 'high', '--json'),
    ]);
    expect(unknown).toMatchObject({ code: 64, stderr: expect.stringContaining('Did you mean train?') });
    expect(misspelt).toMatchObject({ code: 64, stderr: expect.stringContaining('--threshold') });
    expect(inJson.code).toBe(64);
    expect(JSON.parse(inJson.stdout)).toMatchObject({
      error: { code: 'usage', message: expect.stringContaining('high') },
    });
  });

  it('names what is wrong with the input: field, expected and actual', async () => {
    const home = temporaryFolder();
    const calls = [
      [['show', 'nothing'], 'artifact_not_found'],
      [['train', '--task', 'no-such-data', '--backbone', 'nothing'], 'artifact_not_found'],
      [['backbone', 'init', 'resnet50'], 'invalid_value'],
      [['data', 'check', 'no-such-data'], 'dataset_not_found'],
      [['import', 'no-such-folder'], 'file_not_found'],
    ] as const;
    for (const [args, code] of calls) {
      const answer = await medlego(home, ...args, '--json');
      expect(JSON.parse(answer.stdout), args.join(' ')).toMatchObject({ error: { code } });
      expect(answer.code, args.join(' ')).toBe(64);
    }
  });
});

describe('medlego merge --methods', () => {
  it('lists every method of the registry with spaces, needs and parameters', async () => {
    const home = temporaryFolder();
    const [table, help, json] = await Promise.all([
      medlego(home, 'merge', '--methods'),
      medlego(home, 'merge', '--help'),
      medlego(home, 'merge', '--methods', '--json'),
    ]);
    const listed = JSON.parse(json.stdout) as { id: string; spaces: string[] }[];
    expect(listed.map(({ id }) => id)).toEqual(mergeMethods.map(({ id }) => id));
    for (const { id } of mergeMethods) {
      expect(table.stdout).toContain(id);
      expect(help.stdout).toContain(id);
    }
    expect(table.stdout).toMatch(/regmean +full +gram/);
  });

  it('shows one method in full, and refuses parameters that it has not', async () => {
    const home = temporaryFolder();
    const [one, unknown, malformed] = await Promise.all([
      medlego(home, 'merge', '--methods', 'svc'),
      medlego(home, 'merge', '--methods', 'scv', '--json'),
      medlego(home, 'merge', 'a', '--param', 'alpha', '--json'),
    ]);
    expect(one).toMatchObject({ code: 0, stdout: expect.stringMatching(/alpha +0\.1 +number > 0/) });
    expect(JSON.parse(unknown.stdout)).toMatchObject({ error: { code: 'unknown_merge_method' } });
    expect(JSON.parse(malformed.stdout)).toMatchObject({ error: { code: 'usage' } });
  });
});

describe('medlego completion', () => {
  it('offers the choices of an option', async () => {
    const { stdout } = await medlego(temporaryFolder(), 'completion', 'bash');
    const offered = execFileSync(
      'bash',
      ['-c', `${stdout}\nCOMP_WORDS=(medlego merge a --method iso); COMP_CWORD=4; _medlego; echo "\${COMPREPLY[@]}"`],
      { encoding: 'utf8' },
    );
    expect(offered.trim().split(' ')).toEqual(expect.arrayContaining(['iso_c', 'iso_cts']));
  });

  it('prints a script that bash can read and that completes commands', async () => {
    const { stdout } = await medlego(temporaryFolder(), 'completion', 'bash');
    const offered = execFileSync(
      'bash',
      ['-c', `${stdout}\nCOMP_WORDS=(medlego bac); COMP_CWORD=1; _medlego; echo "\${COMPREPLY[@]}"`],
      { encoding: 'utf8' },
    );
    expect(offered.trim().split(' ')).toContain('backbone');
  });

  it.each(['zsh', 'fish'])('has a script for %s that names the commands', async (shell) => {
    const { stdout, code } = await medlego(temporaryFolder(), 'completion', shell);
    expect(code).toBe(0);
    for (const word of ['train', 'merge', 'evaluate']) expect(stdout).toContain(word);
  });
});
