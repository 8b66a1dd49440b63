import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sharedFolder } from '@medlego/testing';
import { describe, expect, it } from 'vitest';
import { parseSafetensors, readSafetensors } from './read.ts';
import { encodeSafetensors } from './write.ts';

const interop = sharedFolder('interop');
const files = interop
  ? readdirSync(interop, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.safetensors'))
  : [];

describe.skipIf(!interop)('files of the Python library', () => {
  it('are there to compare with', () => {
    expect(files.length).toBeGreaterThan(50);
  });

  it('are read from disk as from memory', async () => {
    for (const file of files) {
      const path = join(interop!, file);
      expect(await readSafetensors(path), file).toEqual(parseSafetensors(readFileSync(path), file));
    }
  });

  it('come out of our writer byte for byte, unless they hold 16-bit numbers', () => {
    let compared = 0;
    for (const file of files) {
      const bytes = readFileSync(join(interop!, file));
      const { tensors, metadata } = parseSafetensors(bytes, file);
      const written = encodeSafetensors(tensors, metadata);
      if (/"dtype":"B?F16"/.test(bytes.subarray(0, 10_000).toString('latin1'))) continue;
      compared++;
      expect(Buffer.compare(written, bytes), file).toBe(0);
    }
    expect(compared).toBeGreaterThan(50);
  });
});
