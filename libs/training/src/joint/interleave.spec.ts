import { describe, expect, it } from 'vitest';
import { InvalidValueError } from '@medlego/errors';
import { createInterleaving, type InterleavedStep } from './interleave.ts';

const epochOf = (options: Parameters<typeof createInterleaving>[0], epoch: number): InterleavedStep[] => {
  const plan = createInterleaving(options);
  return Array.from({ length: plan.stepsPerEpoch }, (_, step) => plan.at(epoch, step));
};

describe('interleaving of tasks', () => {
  it('takes every batch of every task once per epoch, in another order each time', () => {
    const options = { passes: [3, 7, 1], seed: 4 };
    const orders = [1, 2].map((epoch) => {
      const steps = epochOf(options, epoch);
      options.passes.forEach((count, task) => {
        const own = steps.filter((step) => step.task === task);
        expect(own.map(({ step }) => step)).toEqual(Array.from({ length: count }, (_, i) => i));
        expect(own.every(({ pass }) => pass === epoch)).toBe(true);
      });
      return steps.map(({ task }) => task).join('');
    });
    expect(orders[0]).not.toBe(orders[1]);
  });

  it('is a function of seed, epoch and step, whatever was asked before', () => {
    const plan = createInterleaving({ passes: [5, 5], seed: 1 });
    plan.at(3, 2);
    expect(plan.at(2, 7)).toEqual(createInterleaving({ passes: [5, 5], seed: 1 }).at(2, 7));
    expect(epochOf({ passes: [5, 5], seed: 1 }, 1)).not.toEqual(epochOf({ passes: [5, 5], seed: 2 }, 1));
  });

  it('gives one task its batches in their order', () => {
    expect(epochOf({ passes: [3], seed: 9 }, 2)).toEqual([0, 1, 2].map((step) => ({ task: 0, pass: 2, step })));
  });

  it('evens the shares with the temperature, and goes on with a task where it stopped', () => {
    const options = { passes: [2, 18], seed: 0, temperature: 1e6 };
    const plan = createInterleaving(options);
    expect(plan.stepsOf).toEqual([10, 10]);
    const small = epochOf(options, 1).filter(({ task }) => task === 0);
    expect(small.map(({ pass, step }) => `${pass}.${step}`).slice(0, 5)).toEqual(['1.0', '1.1', '2.0', '2.1', '3.0']);
    const large = [1, 2].flatMap((epoch) => epochOf(options, epoch).filter(({ task }) => task === 1));
    expect(large.map(({ step }) => step)).toEqual(Array.from({ length: 20 }, (_, i) => i % 18));
    expect(createInterleaving({ passes: [1, 1000], seed: 0 }).stepsOf).toEqual([1, 1000]);
    expect(createInterleaving({ passes: [1, 1000], seed: 0, temperature: 1.01 }).stepsOf[0]).toBe(1);
  });

  it('refuses a temperature below 1', () => {
    expect(() => createInterleaving({ passes: [1], seed: 0, temperature: 0.5 })).toThrow(InvalidValueError);
  });
});
