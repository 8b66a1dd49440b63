import { describe, expect, it } from 'vitest';
import { runChild } from './child.ts';

const script = (code: string) => runChild(process.execPath, ['-e', code], { cwd: import.meta.dirname });

describe('runChild', () => {
  it('reads the JSON lines of a process and leaves the others', async () => {
    const { lines } = await script(`console.log('warm up'); console.log('{"value":1}'); console.log('{"value":2}')`);
    expect(lines).toEqual([{ value: 1 }, { value: 2 }]);
  });

  it.runIf(process.platform === 'linux')('watches its memory', async () => {
    const { peakMb } = await script(
      'const big = Buffer.alloc(200e6, 1); setTimeout(() => console.log(big.length), 500)',
    );
    expect(peakMb).toBeGreaterThan(200);
    expect(peakMb).toBeLessThan(500);
  });

  it('passes on what a failing process said', async () => {
    await expect(script(`console.error('no such size'); process.exit(3)`)).rejects.toThrow(/code 3: no such size/);
  });

  it('fails for a program that does not exist', async () => {
    await expect(runChild('/no/such/program', [], { cwd: import.meta.dirname })).rejects.toThrow(/ENOENT/);
  });
});
