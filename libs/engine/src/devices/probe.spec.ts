import { expect, it } from 'vitest';
import { openEngine } from './open-engine.ts';
import { probeEngines } from './probe.ts';

it('probeEngines says of every engine and device whether it works, as openEngine would', async () => {
  const probes = await probeEngines();
  expect(probes.map(({ engine, device }) => `${engine} ${device}`)).toEqual([
    'onnx cpu',
    'onnx cuda',
    'tensorflow cpu',
    'tensorflow cuda',
    'cpu cpu',
  ]);
  const works = (engine: string, device: string) =>
    probes.find((probe) => probe.engine === engine && probe.device === device)!.works;
  expect([works('onnx', 'cpu'), works('cpu', 'cpu')]).toEqual([true, true]);
  for (const { engine, device, works: runs, detail, versions } of probes) {
    expect(detail).not.toBe('');
    expect(Object.keys(versions).length > 0).toBe(runs);
    if (runs) continue;
    // What was tried, and what to do about it.
    await expect(openEngine({ engine, device })).rejects.toMatchObject({
      code: 'engine_unavailable',
      facts: {
        engine,
        device,
        tried: expect.stringMatching(/\w/) as string,
        remedy: expect.stringMatching(/\w/) as string,
      },
    });
  }
});
