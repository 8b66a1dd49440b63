import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { float32, hostTensor, type NamedTensors } from '@medlego/tensors';
import { openTestEngines } from '../tests/engines.ts';
import { openEngine } from './devices/open-engine.ts';
import type { Engine, EngineOptions, ProgramSpec } from './engine.ts';

const engines = [await openEngine({ engine: 'cpu' }), ...(await openTestEngines())];

afterAll(async () => {
  for (const engine of engines) await engine.dispose();
});

const numbers = (values: NamedTensors, name: string) => Array.from(values[name]!.data, Number);

const double: ProgramSpec = { name: 'double', fn: ({ inputs }) => ({ outputs: { y: tf.mul(inputs.x!, 2) } }) };

/** n ← n + x w, and returns the old n. */
const counter: ProgramSpec = {
  name: 'counter',
  constants: { w: float32([2], [1, 10]) },
  fn: ({ constants, state, inputs }) => ({
    outputs: { old: state.n! },
    state: { n: tf.add(state.n!, tf.mul(inputs.x!, constants.w!)) },
  }),
};

async function failure(
  engine: Engine,
  fn: ProgramSpec['fn'],
  state?: NamedTensors,
): Promise<{ code?: string; message: string }> {
  const program = engine.compile({ name: 'faulty', fn });
  const given = state && (await engine.createState(state));
  try {
    await program.run({ x: float32([2], [1, 2]) }, given);
    return { message: 'it ran' };
  } catch (error) {
    return error as Error;
  } finally {
    await program.dispose();
  }
}

describe.each(engines.map((engine) => [engine.info.engine, engine] as const))('engine %s', (name, engine) => {
  it('gives what the function gives, for every shape it is asked', async () => {
    const program = engine.compile(double);
    for (const size of [1, 3, 1])
      expect(
        numbers(
          await program.run({
            x: float32(
              [size],
              Array.from({ length: size }, (_, i) => i + 1),
            ),
          }),
          'y',
        ),
      ).toEqual(Array.from({ length: size }, (_, i) => 2 * (i + 1)));
  });

  it('moves the state from call to call and leaves what was given untouched', async () => {
    const program = engine.compile(counter);
    const initial = { n: float32([2], [0, 1]), other: float32([], [5]) };
    const state = await engine.createState(initial);
    expect(numbers(await program.run({ x: float32([], [1]) }, state), 'old')).toEqual([0, 1]);
    expect(numbers(await program.run({ x: float32([], [2]) }, state), 'old')).toEqual([1, 11]);
    const read = await state.read();
    expect(numbers(read, 'n')).toEqual([3, 31]);
    expect(numbers(read, 'other')).toEqual([5]);
    expect(Array.from(initial.n.data)).toEqual([0, 1]);
    await state.dispose();
  });

  it('hands out outputs and reads of the state that later calls do not change', async () => {
    const program = engine.compile(counter);
    const state = await engine.createState({ n: float32([2], [0, 0]) });
    const x = { x: float32([], [1]) };
    const first = await program.run(x, state);
    const read = await state.read();
    for (let i = 0; i < 3; i++) await program.run(x, state);
    expect(numbers(first, 'old')).toEqual([0, 0]);
    expect(numbers(read, 'n')).toEqual([1, 10]);
    await state.dispose();
  });

  it('keeps two states of one program, and one state of two programs, apart and together', async () => {
    const up = engine.compile(counter);
    const down = engine.compile({ ...counter, name: 'down', constants: { w: float32([2], [-1, -1]) } });
    const one = await engine.createState({ n: float32([2], [0, 0]) });
    const two = await engine.createState({ n: float32([2], [100, 100]) });
    const x = { x: float32([], [1]) };
    await up.run(x, one);
    await up.run(x, two);
    await down.run(x, one);
    expect(numbers(await one.read(), 'n')).toEqual([0, 9]);
    expect(numbers(await two.read(), 'n')).toEqual([101, 110]);
    await one.dispose();
    await two.dispose();
  });

  it('starts calls that were not waited for one after the other', async () => {
    const program = engine.compile(counter);
    const state = await engine.createState({ n: float32([2], [0, 0]) });
    const runs = [1, 2, 3].map((value) => program.run({ x: float32([], [value]) }, state));
    expect((await Promise.all(runs)).map((outputs) => numbers(outputs, 'old')[0])).toEqual([0, 1, 3]);
    await state.dispose();
  });

  it('writes entries of a state, of the same name, shape and type only', async () => {
    const state = await engine.createState({ n: float32([2], [0, 0]) });
    await state.write({ n: float32([2], [7, 8]) });
    expect(numbers(await state.read(), 'n')).toEqual([7, 8]);
    await expect(state.write({ m: float32([2], [7, 8]) })).rejects.toMatchObject({ code: 'missing_tensor' });
    await expect(state.write({ n: float32([1], [7]) })).rejects.toMatchObject({ code: 'shape_mismatch' });
    await expect(state.write({ n: hostTensor('int32', [2], Int32Array.of(1, 2)) })).rejects.toMatchObject({
      code: 'invalid_value',
    });
    await state.dispose();
    await expect(state.read()).rejects.toMatchObject({ code: 'invalid_value' });
  });

  it('shows 8 and 64 bit integers to the function as int32, and bools as bools', async () => {
    const program = engine.compile({
      name: 'types',
      fn: ({ inputs }) => ({
        outputs: { sum: tf.add(inputs.bytes!, inputs.longs!), any: tf.any(inputs.flags!), flags: inputs.flags! },
      }),
    });
    const outputs = await program.run({
      bytes: hostTensor('uint8', [2], Uint8Array.of(1, 255)),
      longs: hostTensor('int64', [2], BigInt64Array.of(-1n, 5n)),
      flags: hostTensor('bool', [2], Uint8Array.of(0, 1)),
    });
    expect(outputs.sum).toMatchObject({ dtype: 'int32', shape: [2] });
    expect(numbers(outputs, 'sum')).toEqual([0, 260]);
    expect(outputs.any).toMatchObject({ dtype: 'bool', shape: [] });
    expect(numbers(outputs, 'flags')).toEqual([0, 1]);
    await expect(program.run({ bytes: hostTensor('float64', [1], Float64Array.of(1)) })).rejects.toMatchObject({
      code: 'invalid_value',
      message: expect.stringContaining('float64') as string,
    });
  });

  it('returns inputs, constants and state as they are, also twice', async () => {
    const program = engine.compile({
      name: 'as it is',
      constants: { w: float32([1], [3]) },
      fn: ({ constants, state, inputs }) => ({
        outputs: { x: inputs.x!, again: inputs.x!, w: constants.w!, n: state.n! },
        state: { n: inputs.x!, m: inputs.x! },
      }),
    });
    const state = await engine.createState({ n: float32([1], [1]), m: float32([1], [2]) });
    const outputs = await program.run({ x: float32([1], [9]) }, state);
    expect(['x', 'again', 'w', 'n'].map((key) => numbers(outputs, key)[0])).toEqual([9, 9, 3, 1]);
    const read = await state.read();
    expect([numbers(read, 'n'), numbers(read, 'm')]).toEqual([[9], [9]]);
    await state.dispose();
  });

  it('refuses state that the function was not given, or that changed its shape', async () => {
    const fn: ProgramSpec['fn'] = ({ inputs }) => ({ outputs: {}, state: { n: inputs.x! } });
    expect(await failure(engine, fn)).toMatchObject({
      code: 'trace',
      message: expect.stringContaining('was not given') as string,
    });
    expect(await failure(engine, fn, { n: float32([3], [0, 0, 0]) })).toMatchObject({
      code: 'trace',
      message: expect.stringMatching(/float32 \[2\], expected float32 \[3\]/) as string,
    });
  });

  it('refuses a function that returns something else than tensors', async () => {
    expect(await failure(engine, () => undefined as never)).toMatchObject({ code: 'trace' });
    expect(await failure(engine, () => ({ outputs: { y: 1 as never } }))).toMatchObject({
      code: 'trace',
      message: expect.stringContaining('faulty: returned output y') as string,
    });
  });

  it('refuses a function that keeps tensors, and passes on what the function throws', async () => {
    const kept: tf.Tensor[] = [];
    expect(
      await failure(engine, ({ inputs }) => {
        kept.push(tf.keep(tf.neg(inputs.x!)));
        return { outputs: { y: inputs.x! } };
      }),
    ).toMatchObject({ code: 'trace', message: expect.stringContaining('leaves 1 tensors behind') as string });
    tf.dispose(kept);
    const thrown = await failure(engine, () => {
      throw new Error('of its own');
    });
    expect(thrown.message).toBe('of its own');
  });

  it('refuses a disposed program and a state of another engine', async () => {
    const program = engine.compile(double);
    await program.dispose();
    await expect(program.run({ x: float32([], [1]) })).rejects.toMatchObject({ code: 'invalid_value' });
    const other = engines.find((candidate) => candidate !== engine)!;
    const foreign = await other.createState({ n: float32([2], [0, 0]) });
    await expect(engine.compile(counter).run({ x: float32([], [1]) }, foreign)).rejects.toMatchObject({
      code: 'invalid_value',
    });
    await foreign.dispose();
  });

  it('leaves no tensors in tfjs and the active backend as it was', async () => {
    const before = { tensors: tf.engine().state.numTensors, backend: tf.engine().backendName as string | null };
    const program = engine.compile({
      ...counter,
      fn: (given) => {
        const { value, grads } = tf.valueAndGrads((n: tf.Tensor) => tf.sum(tf.square(n)))([given.state.n!]);
        return { outputs: { value }, state: { n: tf.sub(given.state.n!, grads[0]!) } };
      },
    });
    const state = await engine.createState({ n: float32([2], [1, 2]) });
    for (let i = 0; i < 3; i++) await program.run({ x: float32([], [1]) }, state);
    await program.dispose();
    await state.dispose();
    expect({ tensors: tf.engine().state.numTensors, backend: tf.engine().backendName as string | null }).toEqual(
      before,
    );
  });

  it('says what it is', () => {
    expect(engine.info).toMatchObject({ engine: name, device: 'cpu' });
    expect(engine.info.reason).not.toBe('');
    expect(Object.values(engine.info.versions).every((version) => /^\d+\./.test(version))).toBe(true);
  });
});

describe('openEngine', () => {
  it.each([
    [{ intraOpThreads: 0 }, /intraOpThreads: expected a whole number from 1, got 0/],
    [{ intraOpThreads: 1.5 }, /intraOpThreads/],
    [{ engine: 'wasm' as never }, /engine: expected onnx, tensorflow or cpu, got wasm/],
    [{ device: 'tpu' as never }, /device: expected cpu or cuda, got tpu/],
  ] as [EngineOptions, RegExp][])('refuses %o', async (options, message) => {
    await expect(openEngine(options)).rejects.toMatchObject({
      code: 'invalid_value',
      message: expect.stringMatching(message) as string,
    });
  });

  it('says that plain JavaScript has no GPU', async () => {
    await expect(openEngine({ engine: 'cpu', device: 'cuda' })).rejects.toMatchObject({
      code: 'engine_unavailable',
      facts: { engine: 'cpu', device: 'cuda' },
    });
  });

  it('prints nothing when tfjs is used for the first time', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const engine = await openEngine({ engine: 'cpu' });
    await engine.compile(double).run({ x: float32([], [1]) });
    await engine.dispose();
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });
});
