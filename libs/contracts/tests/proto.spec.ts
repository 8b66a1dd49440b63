import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { descriptorSet } from '../src/descriptors.ts';
import { buf, contractsFolder } from './buf.ts';

const released = join(contractsFolder, 'released', 'medlego-v1.binpb');

function filesUnder(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

/** A copy of the .proto files, changed; buf sees nothing else. */
function changedProto(change: (text: string) => string): string {
  const folder = temporaryFolder();
  cpSync(join(contractsFolder, 'proto'), join(folder, 'proto'), { recursive: true });
  cpSync(join(contractsFolder, 'buf.yaml'), join(folder, 'buf.yaml'));
  const file = join(folder, 'proto/medlego/v1/runs.proto');
  const before = readFileSync(file, 'utf8');
  writeFileSync(file, change(before));
  expect(readFileSync(file, 'utf8')).not.toBe(before);
  return folder;
}

describe('the protobuf contracts', () => {
  it('are linted and formatted', async () => {
    expect(await buf(['lint'])).toEqual({ code: 0, output: '' });
    expect(await buf(['format', '--exit-code', '--diff', 'proto'])).toEqual({ code: 0, output: '' });
  });

  it('are what the committed TypeScript was generated from (else: npm run contracts)', async () => {
    const folder = temporaryFolder();
    expect(await buf(['generate', '--output', folder])).toMatchObject({ code: 0 });
    expect(filesUnder(join(folder, 'src/generated'))).toEqual(filesUnder(join(contractsFolder, 'src/generated')));
  });

  it('are what servers describe themselves with (else: npm run contracts)', async () => {
    const file = join(temporaryFolder(), 'set.binpb');
    const args = ['build', '--exclude-source-info', '--as-file-descriptor-set', '-o', file];
    expect(await buf(args)).toMatchObject({ code: 0 });
    expect(Buffer.from(await descriptorSet()).equals(readFileSync(file))).toBe(true);
  });

  it('break nothing that was released', async () => {
    expect(await buf(['breaking', '--against', released])).toEqual({ code: 0, output: '' });
  });

  it('would be found out if they broke something: a removed field, a changed number', async () => {
    const removed = changedProto((text) => text.replace('  string sweep = 6;\n', ''));
    expect(await buf(['breaking', '--against', released], removed)).toMatchObject({
      code: 100,
      output: expect.stringContaining('sweep') as string,
    });
    const renumbered = changedProto((text) => text.replace('uint32 attempts = 8', 'uint32 attempts = 88'));
    expect(await buf(['breaking', '--against', released], renumbered)).toMatchObject({ code: 100 });
    const added = changedProto((text) => text.replace('string id = 1;', 'string id = 1;\n  string more = 99;'));
    expect(await buf(['breaking', '--against', released], added)).toEqual({ code: 0, output: '' });
  });
});
