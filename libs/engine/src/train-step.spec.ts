import { afterAll, describe, expect, it } from 'vitest';
import type { HostTensor, NamedTensors } from '@medlego/tensors';
import { expectClose } from '../tests/compare.ts';
import { openTestEngines } from '../tests/engines.ts';
import {
  adapterWeights,
  headWeights,
  imageBatch,
  tinyVit,
  vitTrainStep,
  vitWeights,
  withAdamSlots,
} from '../tests/small-vit.ts';
import { openEngine } from './devices/open-engine.ts';
import type { Engine, ProgramSpec } from './engine.ts';

const backbone = vitWeights(tinyVit, 1);
const head = headWeights(tinyVit, 2);
const adapter = adapterWeights(tinyVit, 3);
const batch = imageBatch(tinyVit, 4, 4);

const steps: readonly (readonly [string, ProgramSpec, NamedTensors])[] = [
  [
    'SVD-LoRA step',
    { name: 'svd-lora step', constants: backbone, fn: vitTrainStep(tinyVit) },
    withAdamSlots({ ...head, ...adapter }),
  ],
  ['full step', { name: 'full step', fn: vitTrainStep(tinyVit) }, withAdamSlots({ ...head, ...backbone })],
];

const cpu = await openEngine({ engine: 'cpu' });
const engines = await openTestEngines();

afterAll(async () => {
  for (const engine of [cpu, ...engines]) await engine.dispose();
});

async function train(
  engine: Engine,
  spec: ProgramSpec,
  initial: NamedTensors,
): Promise<{ losses: HostTensor[]; state: NamedTensors }> {
  const program = engine.compile(spec);
  const state = await engine.createState(initial);
  const losses: HostTensor[] = [];
  for (let i = 0; i < 3; i++) losses.push((await program.run(batch, state)).loss!);
  const read = await state.read();
  await state.dispose();
  await program.dispose();
  return { losses, state: read };
}

describe.each(engines.map((engine) => [engine.info.engine, engine] as const))(
  'three AdamW steps of a vision transformer on %s',
  (_, engine) => {
    it.each(steps)('%s: losses, slots and weights are those of cpu', async (_title, spec, initial) => {
      const expected = await train(cpu, spec, initial);
      const actual = await train(engine, spec, initial);
      expected.losses.forEach((loss, i) =>
        expectClose(actual.losses[i]!, loss, { rtol: 1e-4, atol: 1e-6 }, `loss ${i}`),
      );
      expect(Number(expected.losses[2]!.data[0])).toBeLessThan(Number(expected.losses[0]!.data[0]));
      expect(Object.keys(actual.state).sort()).toEqual(Object.keys(initial).sort());
      for (const [name, tensor] of Object.entries(expected.state)) {
        // The bias of k moves no softmax: its gradient is rounding noise, which AdamW scales up to whole steps.
        const noise = name.endsWith('qkv.bias') && !name.startsWith('adam.');
        expectClose(actual.state[name]!, tensor, noise ? { rtol: 0, atol: 7e-3 } : { rtol: 1e-3, atol: 2e-5 }, name);
      }
    });
  },
);
